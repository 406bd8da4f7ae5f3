"""Teams and memberships, as they are stored."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..api.errors import AppwriteError
from ..api.identifiers import folded_id, unique_id
from ..emulation.dates import now
from ..storage.session import Session
from .users import User


@dataclass(frozen=True, slots=True)
class Team:
    """A team; ``number`` identifies it in the store."""

    number: int
    id: str
    name: str
    created: str
    updated: str

    def describe(self, total: int) -> dict[str, Any]:
        """Return the team as a response shows it, with its number of members."""
        return {
            "$id": self.id,
            "$createdAt": self.created,
            "$updatedAt": self.updated,
            "name": self.name,
            "total": total,
            "prefs": {},
        }


def create_team(session: Session, id: str, name: str) -> Team:
    """Store a new team. Raises ``team_already_exists``."""
    if session.first("SELECT 1 FROM teams WHERE id_f = ?", (folded_id(id),)):
        raise AppwriteError("team_already_exists", "A team with this id exists.")
    moment = now()
    session.run(
        "INSERT INTO teams (id, id_f, name, created, updated) VALUES (?,?,?,?,?)",
        (id, folded_id(id), name, moment, moment),
    )
    return find_team(session, id)


def find_team(session: Session, id: str) -> Team:
    """Return the team with this id in any letter case. Raises ``team_not_found``."""
    row = session.first("SELECT n, id, name, created, updated FROM teams WHERE id_f = ?", (folded_id(id),))
    if row is None:
        raise AppwriteError("team_not_found", "There is no team with this id.")
    return Team(*row)


def count_members(session: Session, team: Team) -> int:
    return int(session.scalar("SELECT count(*) FROM memberships WHERE team_n = ?", (team.number,)))


def add_member(session: Session, team: Team, user: User, roles: Sequence[str]) -> dict[str, Any]:
    """Store a confirmed membership, as an API key creates it. Raises ``membership_already_confirmed``."""
    membership = session.first("SELECT 1 FROM memberships WHERE team_n = ? AND user_n = ?", (team.number, user.number))
    if membership:
        raise AppwriteError("membership_already_confirmed", "The user is a member already.")
    id, moment = unique_id(), now()
    session.run(
        "INSERT INTO memberships (id, team_n, user_n, roles, created) VALUES (?,?,?,?,?)",
        (id, team.number, user.number, json.dumps(list(roles)), moment),
    )
    return {
        "$id": id,
        "$createdAt": moment,
        "$updatedAt": moment,
        "userId": user.id,
        "userName": user.name,
        "userEmail": user.email,
        "teamId": team.id,
        "teamName": team.name,
        "invited": moment,
        "joined": moment,
        "confirm": True,
        "mfa": False,
        "roles": list(roles),
    }


def delete_team(session: Session, team: Team) -> None:
    session.run("DELETE FROM memberships WHERE team_n = ?", (team.number,))
    session.run("DELETE FROM teams WHERE n = ?", (team.number,))
