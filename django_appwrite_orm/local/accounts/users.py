"""Users as they are stored, and their roles."""

# ruff: noqa: S608 -- SQL contains only our own names and numbers, values are bound
from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from ..api.auth import Caller
from ..api.errors import AppwriteError
from ..api.identifiers import folded_id
from ..emulation.dates import now
from ..storage.session import Session

_COLUMNS: Final = "n, id, email, phone, name, status, email_verified, phone_verified, labels, created, updated"


@dataclass(frozen=True, slots=True)
class User:
    """A user; ``active`` is Appwrite's status, false for a blocked user."""

    number: int
    id: str
    email: str
    phone: str
    name: str
    active: bool
    email_verified: bool
    phone_verified: bool
    labels: tuple[str, ...]
    created: str
    updated: str

    def describe(self) -> dict[str, Any]:
        """Return the user as a response shows it."""
        return {
            "$id": self.id,
            "$createdAt": self.created,
            "$updatedAt": self.updated,
            "name": self.name,
            "registration": self.created,
            "status": self.active,
            "labels": list(self.labels),
            "passwordUpdate": "",
            "email": self.email,
            "phone": self.phone,
            "emailVerification": self.email_verified,
            "phoneVerification": self.phone_verified,
            "mfa": False,
            "prefs": {},
            "targets": [],
            "accessedAt": "",
        }


def create_user(session: Session, id: str, email: str | None, phone: str | None, name: str) -> User:
    """Store a new user.

    Raises ``user_already_exists`` for the id, the email address and the phone number.
    """
    moment = now()
    email = email.lower() if email else None
    taken = session.first("SELECT 1 FROM users WHERE id_f = ? OR email = ? OR phone = ?", (folded_id(id), email, phone))
    if taken:
        raise AppwriteError("user_already_exists", "A user with this id, email or phone exists.")
    session.run(
        "INSERT INTO users (id, id_f, email, phone, name, status, email_verified, phone_verified, labels, created, "
        "updated) VALUES (?,?,?,?,?,1,0,0,'[]',?,?)",
        (id, folded_id(id), email, phone, name, moment, moment),
    )
    return find_user(session, id)


def find_user(session: Session, id: str) -> User:
    """Return the user with this id in any letter case. Raises ``user_not_found``."""
    row = session.first(f"SELECT {_COLUMNS} FROM users WHERE id_f = ?", (folded_id(id),))
    if row is None:
        raise AppwriteError("user_not_found", "There is no user with this id.")
    return _user_from(row)


def user_by_number(session: Session, number: int) -> User:
    return _user_from(session.all(f"SELECT {_COLUMNS} FROM users WHERE n = ?", (number,))[0])


def _user_from(row: tuple[Any, ...]) -> User:
    number, id, email, phone, name, status, email_ok, phone_ok, labels, created, updated = row
    return User(
        *(number, id, email or "", phone or "", name, bool(status), bool(email_ok), bool(phone_ok)),
        *(tuple(json.loads(labels)), created, updated),
    )


def change_user(session: Session, user: User, column: str, value: Any) -> User:
    """Set one column of the users' table."""
    session.run(f"UPDATE users SET {column} = ?, updated = ? WHERE n = ?", (value, now(), user.number))
    return find_user(session, user.id)


def delete_user(session: Session, user: User) -> None:
    session.run("DELETE FROM memberships WHERE user_n = ?", (user.number,))
    session.run("DELETE FROM users WHERE n = ?", (user.number,))


def caller_for(session: Session, user: User) -> Caller:
    """Return the user as a caller, with every role that Appwrite gives a signed-in user."""
    state = "verified" if user.email_verified or user.phone_verified else "unverified"
    roles = ["any", f"user:{user.id}", f"user:{user.id}/{state}", "users", f"users/{state}"]
    memberships = session.all(
        "SELECT teams.id, memberships.id, memberships.roles FROM memberships JOIN teams ON teams.n = team_n "
        "WHERE user_n = ? ORDER BY memberships.n",
        (user.number,),
    )
    for team, membership, team_roles in memberships:
        roles += [f"team:{team}", f"member:{membership}"]
        roles += [f"team:{team}/{role}" for role in json.loads(team_roles)]
    roles += [f"label:{label}" for label in user.labels]
    return Caller("user", tuple(roles), user.id)
