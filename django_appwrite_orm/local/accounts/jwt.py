"""JSON Web Tokens of users: HMAC-SHA256 with a secret of the SQLite file."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from typing import Any, Final

from .. import clock
from ..api.auth import Caller
from ..api.errors import AppwriteError
from ..storage.session import Session
from .users import caller_for, find_user

MAX_DURATION: Final = 3_600  # seconds
DEFAULT_DURATION: Final = 900
_HEADER: Final = {"typ": "JWT", "alg": "HS256"}


def make_token(session: Session, user_id: str, seconds: int) -> str:
    """Return a token that is valid for the user for ``seconds``."""
    payload = {"userId": user_id, "sessionId": "", "exp": int(clock.timestamp()) + seconds}
    text = f"{_encode(_HEADER)}.{_encode(payload)}"
    return f"{text}.{_sign(_secret(session), text)}"


def caller_of(session: Session, token: str) -> Caller:
    """Return the caller that a token identifies. Raises ``user_jwt_invalid``, ``user_blocked``."""
    text, _, signature = token.rpartition(".")
    secret = session.first("SELECT value FROM settings WHERE name = 'token_secret'")
    if secret is None or not hmac.compare_digest(signature.encode(), _sign(secret[0], text).encode()):
        raise _invalid()
    try:
        payload = json.loads(base64.urlsafe_b64decode(text.partition(".")[2] + "=="))
        user_id, expires = payload["userId"], payload["exp"]
        user = find_user(session, user_id)
    except (ValueError, KeyError, TypeError, binascii.Error, AppwriteError) as problem:
        raise _invalid() from problem
    if expires < clock.timestamp():
        raise _invalid()
    if not user.active:
        raise AppwriteError("user_blocked", "The user is blocked.")
    return caller_for(session, user)


def _invalid() -> AppwriteError:
    return AppwriteError("user_jwt_invalid", "The token is not valid.")


def _secret(session: Session) -> str:
    session.run("INSERT OR IGNORE INTO settings (name, value) VALUES ('token_secret', ?)", (secrets.token_hex(32),))
    return str(session.scalar("SELECT value FROM settings WHERE name = 'token_secret'"))


def _encode(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part, separators=(",", ":")).encode()).rstrip(b"=").decode()


def _sign(secret: str, text: str) -> str:
    digest = hmac.new(secret.encode(), text.encode("utf-8", "replace"), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
