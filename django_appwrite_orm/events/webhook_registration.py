"""The webhook that is registered at Appwrite: read, create and delete it, and compare it with the settings.

Routes and fields are those of SDK 27 and the responses of 1.9.6. The API key needs the scopes `webhooks.read` and
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
from .dispatch import invalidate_all_tables

NAME = "django-appwrite-orm"
# The id of webhooks that earlier versions registered. Such ids are unique on a whole server, so only one project could
# have it.
OLD_ID = "django-appwrite-orm"
# Webhooks of a project that are read.
LIMIT = 100
# Every event that can change a result. The wildcard of rows includes upserts: Appwrite refuses a name for them.
EVENTS = (
    "databases.*.tables.*.rows.*",
    "databases.*.tables.*.columns.*",
    "databases.*.tables.*.update",
    "databases.*.tables.*.delete",
    "databases.*.update",
    "databases.*.delete",
)


def webhook_id(connection: Connection) -> str:
    """Return the id for this project and alias: 36 characters, Appwrite's limit."""
    settings = connection.settings
    digest = hashlib.blake2b(f"{settings.project_id} {settings.alias}".encode(), digest_size=8).hexdigest()
    return f"{NAME}-{digest}"


def state(connection: Connection) -> Operation[dict[str, Any] | None]:
    """Return the webhook as Appwrite has it, with `enabled`, `attempts` (failures in a row) and `logs`, or None.

    It may have another id, if it was registered for this URL under another alias or by an earlier version.
    """
    request = Request("GET", f"/webhooks/{webhook_id(connection)}", absent="webhook_not_found")
    webhook: dict[str, Any] | None = (yield from connection.send(request)).data
    if webhook is None:
        query = (("queries[0]", str(Clause("limit", values=(LIMIT,)))),)
        response = yield from connection.send(Request("GET", "/webhooks", query))
        webhook = _find(connection, response.data["webhooks"])
    return webhook


def _find(connection: Connection, webhooks: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Return this package's webhook for WEBHOOK_URL; else that of an earlier version, unless it is another alias's."""
    settings = connection.settings
    candidates = [webhook for webhook in webhooks if webhook["name"] == NAME or webhook["$id"] == OLD_ID]
    for webhook in candidates:
        if settings.webhook_url and webhook["url"] == settings.webhook_url:
            return webhook
    others = [connections[alias].settings for alias in connections.aliases() if alias != settings.alias]
    taken = [other.webhook_url for other in others if other.project_id == settings.project_id]
    old = (webhook for webhook in candidates if webhook["$id"] == OLD_ID and webhook["url"] not in taken)
    return next(old, None)


def register(connection: Connection) -> Operation[None]:
    """Create the webhook with the URL, events and secret of the settings, enabled and without failures.

    An existing one is deleted first, because how to change a secret differs between versions of Appwrite. Events in
    between are not reported, so all tables are invalidated afterwards. Raises `ConfigurationError` when WEBHOOK_URL or
    WEBHOOK_SECRET is missing.
    """
    settings = connection.settings
    for key, value in (("WEBHOOK_URL", settings.webhook_url), ("WEBHOOK_SECRET", settings.webhook_secret)):
        if not value:
            raise ConfigurationError(f"APPWRITE_ORM[{settings.alias!r}] has no {key}, which the webhook needs.")
    webhook = yield from state(connection)
    if webhook is not None:
        yield from _delete(connection, webhook["$id"])
    verify_tls = settings.webhook_url.startswith("https")
    body = {
        "webhookId": webhook_id(connection),
        "name": NAME,
        "url": settings.webhook_url,
        "events": list(EVENTS),
        "enabled": True,
        "tls": verify_tls,
        "security": verify_tls,  # its name in older versions; a version ignores the other name
        "secret": settings.webhook_secret,
    }
    yield from connection.send(Request("POST", "/webhooks", body=body, repeatable=True))
    yield from invalidate_all_tables(settings.alias)


def delete(connection: Connection) -> Operation[None]:
    """Remove the webhook. Raises `NotFound` when there is none."""
    webhook = yield from state(connection)
    yield from _delete(connection, webhook_id(connection) if webhook is None else webhook["$id"])


def _delete(connection: Connection, id: str) -> Operation[None]:
    yield from connection.send(Request("DELETE", f"/webhooks/{id}", body={}))


def difference(connection: Connection, webhook: dict[str, Any]) -> str | None:
    """Return how the registered webhook differs from the settings, or None."""
    if webhook["url"] != connection.settings.webhook_url:
        return f"It calls {webhook['url']}, and WEBHOOK_URL is {connection.settings.webhook_url or 'not set'}."
    if missing := [event for event in EVENTS if event not in webhook["events"]]:
        return f"It does not report: {', '.join(missing)}."
    key = webhook.get("signatureKey") or webhook.get("secret")
    if key and key != connection.settings.webhook_secret:
        return "It signs with another secret than WEBHOOK_SECRET. --register, or copy the key from Appwrite's console."
    return None
