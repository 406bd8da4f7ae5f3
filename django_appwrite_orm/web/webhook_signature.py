"""The signature of a webhook's delivery, compared in constant time."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import unquote

from django.http import HttpRequest

from ..connection import connections
from ..credentials import Secret, revealed
from ..exceptions import ConfigurationError

# Base64 of HMAC-SHA1 over the URL and the body, with the secret of the webhook.
SIGNATURE_HEADER = "X-Appwrite-Webhook-Signature"


def signature(secret: str | Secret, url: str, body: bytes) -> str:
    """Return X-Appwrite-Webhook-Signature: base64 of HMAC-SHA1 over URL (percent-decoded) and body."""
    return base64.b64encode(hmac.digest(revealed(secret).encode(), unquote(url).encode() + body, hashlib.sha1)).decode()


def is_signed(request: HttpRequest, body: bytes, using: str) -> bool:
    """Return whether the signature of a delivery is that of its URL, its body and the connection's secret.

    Raises `ConfigurationError` when the connection has no WEBHOOK_SECRET.
    """
    settings = connections[using].settings
    if not settings.webhook_secret:
        raise ConfigurationError(
            f"APPWRITE_ORM[{using!r}] has no WEBHOOK_SECRET. Set the one that the webhook was registered with."
        )
    url = settings.webhook_url or request.build_absolute_uri()
    received = request.headers.get(SIGNATURE_HEADER, "")
    return hmac.compare_digest(signature(settings.webhook_secret, url, body).encode(), received.encode())
