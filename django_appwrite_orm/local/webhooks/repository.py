"""Webhooks as they are stored."""

# ruff: noqa: S608 -- SQL contains only our own names, values are bound
from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..api.errors import AppwriteError
from ..api.identifiers import folded_id
from ..emulation.dates import now
from ..storage.session import Session

MAX_FAILURES: Final = 10  # in a row, after which a webhook is switched off
_COLUMNS: Final = (
    "n, id, name, url, events, enabled, security, user, password, secret, attempts, logs, created, updated"
)


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook. ``security``: certificates are checked. ``attempts``: failures in a row; ``logs``: the last one."""

    number: int
    id: str
    name: str
    url: str
    events: frozenset[str]
    enabled: bool
    security: bool
    user: str
    password: str
    secret: str
    attempts: int
    logs: str
    description: Mapping[str, Any]


def find_webhook(session: Session, id: str) -> Webhook:
    """Return the webhook with this id in any letter case. Raises ``webhook_not_found``."""
    row = session.first(f"SELECT {_COLUMNS} FROM webhooks WHERE id_f = ?", (folded_id(id),))
    if row is None:
        raise AppwriteError("webhook_not_found", "There is no webhook with this id.")
    return _webhook_from(row)


def webhook_by_number(session: Session, number: int) -> Webhook:
    return _webhook_from(session.all(f"SELECT {_COLUMNS} FROM webhooks WHERE n = ?", (number,))[0])


def enabled_webhooks(session: Session) -> list[Webhook]:
    return [_webhook_from(row) for row in session.all(f"SELECT {_COLUMNS} FROM webhooks WHERE enabled ORDER BY n")]


def create_webhook(session: Session, id: str, values: Mapping[str, Any]) -> Webhook:
    """Store a new webhook; ``values`` by column. Raises ``webhook_already_exists``."""
    if session.first("SELECT 1 FROM webhooks WHERE id_f = ?", (folded_id(id),)):
        raise AppwriteError("webhook_already_exists", "A webhook with this id exists.")
    moment = now()
    stored = {"id": id, "id_f": folded_id(id), "created": moment, "updated": moment, "attempts": 0, "logs": ""}
    stored |= _storable(values) | {"secret": values["secret"] or secrets.token_hex(64)}
    marks = ", ".join(f":{name}" for name in stored)
    session.run(f"INSERT INTO webhooks ({', '.join(stored)}) VALUES ({marks})", stored)
    session.change_schema()  # for ``WebhookWorker.wants``
    return find_webhook(session, id)


def change_webhook(session: Session, webhook: Webhook, values: Mapping[str, Any]) -> Webhook:
    """Set some columns. Enabling the webhook resets its failures."""
    stored = _storable(values) | {"updated": now()}
    if values.get("enabled"):
        stored["attempts"] = 0
    changes = ", ".join(f"{name} = :{name}" for name in stored)
    session.run(f"UPDATE webhooks SET {changes} WHERE n = :n", {**stored, "n": webhook.number})
    session.change_schema()
    return webhook_by_number(session, webhook.number)


def delete_webhook(session: Session, webhook: Webhook) -> None:
    session.run("DELETE FROM webhooks WHERE n = ?", (webhook.number,))
    session.change_schema()


def note_outcome(session: Session, webhook: Webhook, failure: str) -> None:
    """Store the outcome of a delivery (``failure`` empty: success). Ten failures in a row disable the webhook."""
    session.run(
        "UPDATE webhooks SET attempts = CASE WHEN :log = '' THEN 0 ELSE attempts + 1 END, "
        "enabled = enabled AND (:log = '' OR attempts + 1 < :most), "
        "logs = CASE WHEN :log = '' THEN logs ELSE :log END WHERE n = :n",
        {"log": failure, "most": MAX_FAILURES, "n": webhook.number},
    )


def _storable(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: json.dumps(value) if name == "events" else value for name, value in values.items()}


def _webhook_from(row: tuple[Any, ...]) -> Webhook:
    number, id, name, url, events, enabled, security, user, password, secret, attempts, logs, created, updated = row
    names = json.loads(events)
    description = {
        "$id": id,
        "$createdAt": created,
        "$updatedAt": updated,
        "name": name,
        "url": url,
        "events": names,
        "enabled": bool(enabled),
        "logs": logs,
        "attempts": attempts,
        "security": bool(security),
        "httpUser": user,
        "httpPass": password,
        "signatureKey": secret,
    }
    return Webhook(
        *(number, id, name, url, frozenset(names), bool(enabled), bool(security)),
        *(user, password, secret, attempts, logs, description),
    )
