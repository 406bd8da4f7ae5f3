"""One delivery: the request to a webhook, and its outcome."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import socket
import ssl
import threading
from contextlib import suppress
from typing import Final
from urllib.parse import unquote, urlsplit

from ..api.responses import VERSION
from ..events.event import Event
from .repository import Webhook

LIMIT: Final = 15.0  # seconds of Appwrite's limit
_MAX_LOG: Final = 10_000  # characters of a response to keep
_TOO_SLOW: Final = f"Error: no complete response within {LIMIT:.0f} seconds"


def call(webhook: Webhook, event: Event, names: list[str], project: str) -> str:
    """Deliver one event. Return an empty text on success, else the failure for the webhook's log."""
    url = urlsplit(webhook.url)
    body = payload_text(event).encode()
    headers = _headers(webhook, event, names, project, url.netloc.rpartition("@")[2], body)
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    late = threading.Event()
    try:
        connection = _connection(webhook, str(url.hostname), url.port)
        connection.connect()
        clock = threading.Timer(LIMIT, _cut_off, (connection.sock, late))
        clock.daemon = True
        clock.start()
        try:
            connection.putrequest("POST", target, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value.encode())
            connection.endheaders(body)
            response = connection.getresponse()
            text = response.read(_MAX_LOG).decode("utf-8", "replace")
        finally:
            clock.cancel()
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as problem:
        return _TOO_SLOW if late.is_set() else f"Error: {str(problem) or type(problem).__name__}"
    if late.is_set():
        return _TOO_SLOW
    return "" if response.status < 400 else f"Status code: {response.status}\nBody:\n{text}"


def _cut_off(sock: socket.socket, late: threading.Event) -> None:
    """End a call that is out of time; a receiver that sends byte by byte never exceeds a socket's timeout."""
    late.set()
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def payload_text(event: Event) -> str:
    """Return the payload as PHP encodes it."""
    return json.dumps(event.payload, separators=(",", ":"), allow_nan=False).replace("/", "\\/")


def signature(secret: str, url: str, body: bytes) -> str:
    """Return the signature of a delivery, as Appwrite computes it."""
    digest = hmac.new(secret.encode(), unquote(url).encode() + body, hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def _headers(webhook: Webhook, event: Event, names: list[str], project: str, host: str, body: bytes) -> dict[str, str]:
    """Return the headers in the recorded order."""
    credentials = base64.b64encode(f"{webhook.user}:{webhook.password}".encode()).decode()
    headers = {
        "Host": host,
        "Authorization": f"Basic {credentials}" if webhook.user and webhook.password else "",
        "User-Agent": f"Appwrite-Server v{VERSION}. Please report abuse at security@appwrite.io",
        "Accept": "*/*",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "X-Appwrite-Webhook-Id": webhook.id,
        "X-Appwrite-Webhook-Events": ",".join(names),
        "X-Appwrite-Webhook-Name": webhook.name,
        "X-Appwrite-Webhook-User-Id": event.user_id,
        "X-Appwrite-Webhook-Project-Id": project,
        "X-Appwrite-Webhook-Signature": signature(webhook.secret, webhook.url, body),
    }
    return {name: value for name, value in headers.items() if value}


def _connection(webhook: Webhook, host: str, port: int | None) -> http.client.HTTPConnection:
    if not webhook.url.startswith("https:"):
        return http.client.HTTPConnection(host, port, timeout=LIMIT)
    context = ssl.create_default_context()
    if not webhook.security:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(host, port, timeout=LIMIT, context=context)
