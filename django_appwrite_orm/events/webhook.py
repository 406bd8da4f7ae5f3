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
    """Create the webhook or set it right: URL, events, secret, and on again after Appwrite switched it off.

    Raises `ConfigurationError` when WEBHOOK_URL or WEBHOOK_SECRET is missing.
    """
    settings = connection.settings
    for key, value in (("WEBHOOK_URL", settings.webhook_url), ("WEBHOOK_SECRET", settings.webhook_secret)):
        if not value:
            raise ConfigurationError(f"APPWRITE_ORM[{settings.alias!r}] has no {key}, which the webhook needs.")
    body = {
        "name": "django-appwrite-orm",
        "url": settings.webhook_url,
        "events": list(EVENTS),
        "enabled": True,
        "tls": settings.webhook_url.startswith("https"),
    }
    if (yield from state(connection)) is None:
        secret = {"webhookId": WEBHOOK_ID, "secret": settings.webhook_secret}
        yield from connection.send(Request("POST", "/webhooks", body=body | secret, repeatable=True))
    else:
        yield from connection.send(Request("PUT", f"/webhooks/{WEBHOOK_ID}", body=body))
        secret = {"secret": settings.webhook_secret}
        yield from connection.send(Request("PATCH", f"/webhooks/{WEBHOOK_ID}/secret", body=secret))


def delete(connection: Connection) -> Steps[None]:
    """Remove the webhook. Raises `NotFound` when there is none."""
    yield from connection.send(Request("DELETE", f"/webhooks/{WEBHOOK_ID}", body={}))


def difference(connection: Connection, found: dict[str, Any]) -> str | None:
    """In what the registered webhook is not what the settings say; None when it is."""
    if found["url"] != connection.settings.webhook_url:
        return f"It calls {found['url']}, and WEBHOOK_URL is {connection.settings.webhook_url or 'not set'}."
    if missing := [event for event in EVENTS if event not in found["events"]]:
        return f"It is not told of: {', '.join(missing)}."
    return None
