"""Appwrite's side of a webhook: what is registered there, and making it what the settings say.

Routes and fields as SDK 27 sends them and a running 1.9.6 answered them; needs the scopes `webhooks.read` and
`webhooks.write`.
"""

from __future__ import annotations

from typing import Any

from ..connection import Connection
from ..exceptions import ConfigurationError
from ..plans import Request
from ..steps import Steps
from .handling import forget_all

WEBHOOK_ID = "django-appwrite-orm"
# Everything that can change an answer. Upserts come with the rows' wildcard: an own name for them is refused.
EVENTS = (
    "databases.*.tables.*.rows.*",
    "databases.*.tables.*.columns.*",
    "databases.*.tables.*.update",
    "databases.*.tables.*.delete",
    "databases.*.update",
    "databases.*.delete",
)


def state(connection: Connection) -> Steps[dict[str, Any] | None]:
    """The webhook as Appwrite has it, with `enabled`, `attempts` (failures in a row) and `logs`; None without."""
    answer = yield from connection.send(Request("GET", f"/webhooks/{WEBHOOK_ID}", absent="webhook_not_found"))
    found: dict[str, Any] | None = answer.data
    return found


def register(connection: Connection) -> Steps[None]:
    """Make the webhook anew: URL, events and secret as in the settings, on, and with no failures.

    One that is there is deleted first, for that works with every version: how a secret is changed differs between
    them. What happens in between is not reported, so that afterwards every token goes.
    Raises `ConfigurationError` when WEBHOOK_URL or WEBHOOK_SECRET is missing.
    """
    settings = connection.settings
    for key, value in (("WEBHOOK_URL", settings.webhook_url), ("WEBHOOK_SECRET", settings.webhook_secret)):
        if not value:
            raise ConfigurationError(f"APPWRITE_ORM[{settings.alias!r}] has no {key}, which the webhook needs.")
    if (yield from state(connection)) is not None:
        yield from delete(connection)
    checked = settings.webhook_url.startswith("https")
    body = {
        "webhookId": WEBHOOK_ID,
        "name": "django-appwrite-orm",
        "url": settings.webhook_url,
        "events": list(EVENTS),
        "enabled": True,
        "tls": checked,
        "security": checked,  # its name in older versions; each ignores the other's
        "secret": settings.webhook_secret,
    }
    yield from connection.send(Request("POST", "/webhooks", body=body, repeatable=True))
    yield from forget_all(settings.alias)


def delete(connection: Connection) -> Steps[None]:
    """Remove the webhook. Raises `NotFound` when there is none."""
    yield from connection.send(Request("DELETE", f"/webhooks/{WEBHOOK_ID}", body={}))


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
