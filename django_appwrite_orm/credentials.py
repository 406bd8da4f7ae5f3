"""API keys, tokens and passwords, hidden from logs, error pages and error trackers."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, Self, TypeAlias, overload

from .exceptions import UserPermissionDenied, chain

HIDDEN = "[hidden]"
_USERINFO = re.compile(r"(?<=://)[^\s/]*@")
_QUOTED = re.compile(r"(Port could not be cast to integer value as ).*", re.DOTALL)


class Secret:
    """A string that is hidden in `repr()`, `str()` and `format()`; `reveal()` returns it.

    Debug pages and error trackers show the local variables of every frame of a traceback. Therefore a secret keeps
    this form until the bytes of the request are built. It equals a `Secret` or string with the same content, and
    cannot be pickled.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str | Secret) -> None:
        self._text: str = text.reveal() if isinstance(text, Secret) else text

    @overload
    @classmethod
    def of(cls, text: None) -> None: ...

    @overload
    @classmethod
    def of(cls, text: str | Secret) -> Self: ...

    @classmethod
    def of(cls, text: str | Secret | None) -> Self | None:
        """Return the secret with this text; None for None."""
        return None if text is None else cls(text)

    def reveal(self) -> str:
        """Return the text."""
        return self._text

    def __repr__(self) -> str:
        return HIDDEN

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (Secret, str)):
            return NotImplemented
        text = other.reveal() if isinstance(other, Secret) else other
        return hmac.compare_digest(self._text.encode("utf-8", "replace"), text.encode("utf-8", "replace"))

    def __hash__(self) -> int:
        return hash(self._text)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: Any) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("A secret cannot be pickled.")


def masked(text: object) -> str:
    """Return `text` without the names and passwords of URLs, and without what a URL parser quotes in its error."""
    return _QUOTED.sub(rf"\1{HIDDEN}", _USERINFO.sub(f"{HIDDEN}@", str(text)))


def revealed(text: str | Secret) -> str:
    """Return the text itself, whether it is a secret or not."""
    return text.reveal() if isinstance(text, Secret) else text


def in_clear(headers: Mapping[str, str | Secret]) -> dict[str, str]:
    """Return headers with their secrets. Never keep them in a variable of a frame that an exception leaves."""
    return {name: value if isinstance(value, str) else value.reveal() for name, value in headers.items()}


def without_frames(error: BaseException, outside: BaseException | None) -> BaseException:
    """Remove the frames from `error`, its causes and contexts, and return it: they hold requests in bytes.

    `outside` is the exception that was being handled when the work began: it and its causes stay as they are.
    """
    for link in chain(error, outside):
        link.__traceback__ = None
    return error


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user by a JWT or a session secret, or a guest. The secret is in no repr, log line or cache key."""

    kind: str
    secret: Secret = field(default=Secret(""), repr=False)

    @classmethod
    def of_user(cls, *, jwt: str | Secret | None = None, session: str | Secret | None = None) -> Self:
        """Return a user's credentials.

        Raises ValueError unless one of both is given, and UserPermissionDenied for a secret that cannot be sent, which
        the client of a site may have made up. The secret is neither in the message nor in the frames.
        """
        jwt, session = Secret.of(jwt), Secret.of(session)
        if (jwt is None) == (session is None):
            raise ValueError("Pass either jwt or session to identify the user.")
        kind, secret = ("jwt", jwt) if jwt is not None else ("session", session)
        if secret is None or not _is_sendable(secret.reveal()):
            raise UserPermissionDenied(f"The {kind} is empty or holds characters that cannot be sent in a header.")
        return cls(kind, secret)

    @classmethod
    def of_guest(cls) -> Self:
        """Return a guest's credentials."""
        return cls("guest")

    @property
    def headers(self) -> dict[str, Secret]:
        """The headers that replace the API key's header."""
        return {} if self.kind == "guest" else {f"x-appwrite-{self.kind}": self.secret}

    @property
    def user_id(self) -> str | None:
        """What a JWT says is the id of its user, for the server to verify; None where there is no JWT to read."""
        try:
            user_id = json.loads(urlsafe_b64decode(f"{self.secret.reveal().split('.')[1]}=="))["userId"]
        except (IndexError, KeyError, RecursionError, TypeError, ValueError):
            return None
        return user_id if isinstance(user_id, str) else None

    @property
    def scope(self) -> str:
        """The part of a cache key that separates its entries from all others'."""
        digest = hashlib.blake2b(self.secret.reveal().encode(), digest_size=16, person=b"appwrite-orm").hexdigest()
        return f"{self.kind}:{digest}"


def _is_sendable(text: object) -> bool:
    return isinstance(text, str) and text != "" and text.isascii() and text.isprintable() and " " not in text


@dataclass(frozen=True, slots=True)
class ConnectionRef:
    """A connection and the credentials it is used with; None stands for the connection's own API key.

    Rows and querysets of a user hold one, so that a row read as a user is saved as that user. Its `repr()` and `str()`
    do not contain the secret.
    """

    alias: str
    credentials: Credentials | None = None

    @classmethod
    def of(cls, using: Using) -> ConnectionRef:
        """Return `using` as a reference; an alias has no credentials."""
        return using if isinstance(using, ConnectionRef) else cls(using)

    def on(self, using: Using) -> Using:
        """Return the connection `using` with these credentials; `using` unchanged where there are none."""
        return using if self.credentials is None else ConnectionRef(ConnectionRef.of(using).alias, self.credentials)

    def __str__(self) -> str:
        return self.alias if self.credentials is None else f"{self.alias} as {self.credentials.scope}"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: Any) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        if self.credentials is not None:
            raise TypeError("Objects that were read as a user cannot be pickled, because they hold the user's secret.")
        return ConnectionRef, (self.alias,)


# A connection: its alias in the settings, or a reference where it is used for a user or guest.
Using: TypeAlias = str | ConnectionRef
