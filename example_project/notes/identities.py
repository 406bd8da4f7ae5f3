"""The two demo identities: users of Appwrite, and the JWTs that stand for them.

A site with real accounts gets such a JWT (or a session) from the client that has signed in to Appwrite.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from appwrite.exception import AppwriteException
from appwrite.services.users import Users
from django.conf import settings

from django_appwrite_orm import QuerySet
from django_appwrite_orm.connection import connections
from notes.tables import Note

# Seconds. Appwrite's JWTs last 15 minutes; a new one begins with an empty cache.
_JWT_LASTS = 12 * 60
_CACHED = 300


@dataclass(frozen=True)
class Identity:
    """Somebody who can sign in here. `key` is what the cookie holds."""

    key: str
    name: str

    @property
    def user_id(self) -> str:
        return self.user_id_for(settings.APPWRITE_ORM["default"]["DATABASE_ID"])

    def user_id_for(self, database: str) -> str:
        """The id of the user in Appwrite, whose users belong to a project: with the database, for two demos in one."""
        return f"{database[:28]}-{self.key}"


IDENTITIES = {identity.key: identity for identity in (Identity("ada", "Ada"), Identity("grace", "Grace"))}

_lock = threading.Lock()
_jwts: dict[str, tuple[str, float]] = {}


def notes_of(identity: Identity | None) -> QuerySet[Note]:
    """The notes that somebody, or a guest, may read, in the name of whom they are read. Cached for that one alone."""
    notes = Note.objects.as_guest() if identity is None else Note.objects.as_user(jwt=_jwt(identity))
    return notes.cached(_CACHED)


def _jwt(identity: Identity) -> str:
    with _lock:
        jwt, until = _jwts.get(identity.user_id, ("", 0.0))
        if time.monotonic() >= until:
            jwt = _new_jwt(identity)
            _jwts[identity.user_id] = jwt, time.monotonic() + _JWT_LASTS
        return jwt


def _new_jwt(identity: Identity) -> str:
    """Made with the API key, which needs the scope users.write on a server."""
    users = Users(connections["default"].sdk_client())
    try:
        users.create(identity.user_id, name=identity.name)
    except AppwriteException as error:
        if error.type != "user_already_exists":
            raise
    return str(users.create_jwt(identity.user_id).jwt)


def forget() -> None:
    """Make new JWTs from now on."""
    with _lock:
        _jwts.clear()
