"""Who a request speaks for, where it is not the connection's API key: a user, or nobody."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, NoReturn, Self

from .credentials import Secret


@dataclass(frozen=True, slots=True)
class Identity:
    """A user by a JWT or a session secret, or a guest. The secret is in no repr, log line or cache key."""

    kind: str
    secret: Secret = field(default=Secret(""), repr=False)

    @classmethod
    def of_user(cls, *, jwt: str | Secret | None = None, session: str | Secret | None = None) -> Self:
        """A user, by one of the two. Raises ValueError; neither its message nor its frames show them."""
        jwt, session = Secret.of(jwt), Secret.of(session)
        if (jwt is None) == (session is None):
            raise ValueError("A user is known by a jwt or a session secret: give one of them.")
        kind, secret = ("jwt", jwt) if jwt is not None else ("session", session)
        if secret is None or not _is_sendable(secret.reveal()):
            raise ValueError(f"The {kind} is empty or holds characters that cannot be sent in a header.")
        return cls(kind, secret)

    @classmethod
    def of_guest(cls) -> Self:
        return cls("guest")

    @property
    def headers(self) -> dict[str, Secret]:
        """What the request carries in place of the API key."""
        return {} if self.kind == "guest" else {f"x-appwrite-{self.kind}": self.secret}

    @property
    def scope(self) -> str:
        """The part of a cache key that keeps its answers apart from all others'."""
        digest = hashlib.blake2b(self.secret.reveal().encode(), digest_size=16, person=b"appwrite-orm").hexdigest()
        return f"{self.kind}:{digest}"


def _is_sendable(text: object) -> bool:
    return isinstance(text, str) and text != "" and text.isascii() and text.isprintable() and " " not in text


class IdentifiedAlias(str):
    """The alias of a connection together with the identity it is used under: two of them are equal only if both
    are. Rows carry it, so that what was read as a user is saved as that user."""

    alias: str
    identity: Identity

    def __new__(cls, alias: str, identity: Identity) -> Self:
        base = base_alias(alias)
        made = super().__new__(cls, f"{base} as {identity.scope}")
        made.alias, made.identity = base, identity
        return made

    def on(self, alias: str) -> IdentifiedAlias:
        """The same identity on another connection."""
        return IdentifiedAlias(alias, self.identity)

    def __deepcopy__(self, memo: Any) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("What was read under a user's identity cannot be pickled: the user's secret would go with it.")


def base_alias(alias: str) -> str:
    """The alias in the settings, whoever it is used for."""
    return alias.alias if isinstance(alias, IdentifiedAlias) else alias


def same_identity(alias: str, other: str) -> str:
    """`other`, under the identity that `alias` has, if it has one."""
    return alias.on(other) if isinstance(alias, IdentifiedAlias) else other
