"""Read and write models with the permissions of one user: `as_user()` for a database with `"identity": "user"`.

Such a database never falls back to the API key. Outside a block, and in a thread that does not run in a copy of its
context, it refuses every query.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connections

from ..cache import PolicyOverride
from ..credentials import Credentials, Secret
from ..threads import ContextValue


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom requests are for, and how their results are cached: apart from everybody else's, or not at all."""

    credentials: Credentials
    override: PolicyOverride


_identities: ContextValue[Mapping[str, Identity]] = ContextValue("appwrite_identities", {})


@contextmanager
def as_user(
    database: str, *, jwt: str | Secret | None = None, session: str | Secret | None = None, ttl: float = 0
) -> Iterator[None]:
    """Use this database of DATABASES with a user's permissions, by a JWT or a session secret, inside the block.

    Results are cached for `ttl` seconds, for this user alone. Raises ImproperlyConfigured for a database without
    `"identity": "user"`. Raises ValueError unless one of jwt and session is given, and UserPermissionDenied (a 403) for
    one that cannot be sent.
    """
    jwt, session = Secret.of(jwt), Secret.of(session)  # so that this frame shows neither
    with _identity(database, Credentials.of_user(jwt=jwt, session=session), ttl):
        yield


@contextmanager
def as_guest(database: str, *, ttl: float = 0) -> Iterator[None]:
    """Use this database as somebody who is not signed in, inside the block; see `as_user()`."""
    with _identity(database, Credentials.of_guest(), ttl):
        yield


@contextmanager
def _identity(database: str, credentials: Credentials, ttl: float) -> Iterator[None]:
    options = getattr(connections[database], "options", None)
    if getattr(options, "identity", None) != "user":
        raise ImproperlyConfigured(
            f"DATABASES[{database!r}] is not for users: give it the engine 'django_appwrite_orm.backend' and"
            " OPTIONS = {'identity': 'user'}."
        )
    before = _identities.held()
    _identities.set({**_identities.get(), database: Identity(credentials, PolicyOverride.of(None, {"ttl": ttl}))})
    try:
        yield
    finally:
        _identities.restore(before)


def open_identity(database: str) -> Identity | None:
    """Return whom the open block for this database is for; None where there is none."""
    return _identities.get().get(database)


def is_any_identity_open() -> bool:
    """Whether a block for a user or guest is open here, on any database."""
    return bool(_identities.get())


def identity_of(database: str) -> Identity:
    """Return whom the open block for this database is for. Raises OperationalError where there is none."""
    identity = open_identity(database)
    if identity is None:
        raise OperationalError(
            f"Database {database!r} is read and written as a user, and there is none here: use it inside `with"
            f" as_user({database!r}, session=...)`."
        )
    return identity
