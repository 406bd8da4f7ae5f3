"""Appwrite's side of a webhook: what is registered there, and making it what the settings say.

Routes and fields as SDK 27 sends them and a running 1.9.6 answered them; needs the scopes `webhooks.read` and
`webhooks.write`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from ..connection import Connection, connections
from ..exceptions import ConfigurationError
from ..plans import Clause, Request
from ..sansio import Operation
from .dispatch import forget_all

NAME = "django-appwrite-orm"
# The id under which earlier versions registered. Ids of webhooks are unique on a whole server, so that only one
# project of it could have one.
OLD_ID = "django-appwrite-orm"
# Webhooks of a project that are looked through.
LIMIT = 100
# Everything that can change an answer. Upserts come with the rows' wildcard: an own name for them is refused.
EVENTS = (
    "databases.*.tables.*.rows.*",
    "databases.*.tables.*.columns.*",
    "databases.*.tables.*.update",
    "databases.*.tables.*.delete",
    "databases.*.update",
    "databases.*.delete",
)


def webhook_id(connection: Connection) -> str:
    """The id that this project and alias register under: 36 characters, the most that Appwrite takes."""
    settings = connection.settings
    digest = hashlib.blake2b(f"{settings.project_id} {settings.alias}".encode(), digest_size=8).hexdigest()
    return f"{NAME}-{digest}"


def state(connection: Connection) -> Operation[dict[str, Any] | None]:
    """The webhook as Appwrite has it, with `enabled`, `attempts` (failures in a row) and `logs`; None without.

    One under another id is ours too: registered for this URL under another alias or by an earlier version.
    """
    request = Request("GET", f"/webhooks/{webhook_id(connection)}", absent="webhook_not_found")
    found: dict[str, Any] | None = (yield from connection.send(request)).data
    if found is None:
        query = (("queries[0]", str(Clause("limit", values=(LIMIT,)))),)
        answer = yield from connection.send(Request("GET", "/webhooks", query))
        found = _ours(connection, answer.data["webhooks"])
    return found


def _ours(connection: Connection, webhooks: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """That of this package which calls our URL; else the one of an earlier version, if it calls no other alias's."""
    settings = connection.settings
    named = [one for one in webhooks if one["name"] == NAME or one["$id"] == OLD_ID]
    for one in named:
        if settings.webhook_url and one["url"] == settings.webhook_url:
            return one
    others = [connections[alias].settings for alias in connections.aliases() if alias != settings.alias]
    taken = [other.webhook_url for other in others if other.project_id == settings.project_id]
    return next((one for one in named if one["$id"] == OLD_ID and one["url"] not in taken), None)


def register(connection: Connection) -> Operation[None]:
    """Make the webhook again: URL, events and secret as in the settings, on, and with no failures.

    One that is there is deleted first, for that works with every version: how a secret is changed differs between
    them. What happens in between is not reported, so that afterwards every token goes.
    Raises `ConfigurationError` when WEBHOOK_URL or WEBHOOK_SECRET is missing.
    """
    settings = connection.settings
    for key, value in (("WEBHOOK_URL", settings.webhook_url), ("WEBHOOK_SECRET", settings.webhook_secret)):
        if not value:
            raise ConfigurationError(f"APPWRITE_ORM[{settings.alias!r}] has no {key}, which the webhook needs.")
    found = yield from state(connection)
    if found is not None:
        yield from _delete(connection, found["$id"])
    checked = settings.webhook_url.startswith("https")
    body = {
        "webhookId": webhook_id(connection),
        "name": NAME,
        "url": settings.webhook_url,
        "events": list(EVENTS),
        "enabled": True,
        "tls": checked,
        "security": checked,  # its name in older versions; each ignores the other's
        "secret": settings.webhook_secret,
    }
    yield from connection.send(Request("POST", "/webhooks", body=body, repeatable=True))
    yield from forget_all(settings.alias)


def delete(connection: Connection) -> Operation[None]:
    """Remove the webhook. Raises `NotFound` when there is none."""
    found = yield from state(connection)
    yield from _delete(connection, webhook_id(connection) if found is None else found["$id"])


def _delete(connection: Connection, id: str) -> Operation[None]:
    yield from connection.send(Request("DELETE", f"/webhooks/{id}", body={}))


def difference(connection: Connection, found: dict[str, Any]) -> str | None:
    """In what the registered webhook is not what the settings say; None when it is."""
    if found["url"] != connection.settings.webhook_url:
        return f"It calls {found['url']}, and WEBHOOK_URL is {connection.settings.webhook_url or 'not set'}."
    if missing := [event for event in EVENTS if event not in found["events"]]:
        return f"It is not told of: {', '.join(missing)}."
    key = found.get("signatureKey") or found.get("secret")
    if key and key != connection.settings.webhook_secret:
        return "It signs with another secret than WEBHOOK_SECRET. --register, or copy the key from Appwrite's console."
    return None
