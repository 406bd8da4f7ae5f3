"""Users and teams, as far as tests of permissions need them. For API keys."""

from __future__ import annotations

import json
from typing import Final

from ..accounts import teams, users
from ..accounts.jwt import DEFAULT_DURATION, MAX_DURATION, make_token
from ..api.params import Param, boolean, formatted, identifier, list_of, new_identifier, text, whole_range
from ..api.responses import NO_CONTENT, Response, json_response
from ..api.router import Call, Route
from ..columns.kinds import BOOLEAN, SEQUENCE
from ..emulation.formats import is_email
from ..queries.fields import Field, Source
from .lists import LIST_PARAMS, SEARCH, date_fields, fields, page_numbers, page_total, schema_page, text_field

_FIELDS: Final = fields(
    text_field("$id", "id", "id_f"),
    text_field("name", "name"),
    text_field("email", "email"),
    text_field("phone", "phone"),
    Field("status", BOOLEAN, "status"),
    Field("emailVerification", BOOLEAN, "email_verified"),
    Field("phoneVerification", BOOLEAN, "phone_verified"),
    Field("$sequence", SEQUENCE, "n"),
    *date_fields(),
)


def list_users(call: Call) -> Response:
    page = schema_page(Source("users", _FIELDS, "n", "id_f"), call.args["queries"])
    page_users = [users.user_by_number(call.session, number) for number in page_numbers(call.session, page)]
    total = page_total(call.session, page, call.args["total"])
    return json_response(200, {"total": total, "users": [user.describe() for user in page_users]})


def create_user(call: Call) -> Response:
    args = call.args
    user = users.create_user(call.session, args["userId"], args["email"], args["phone"], args["name"])
    return json_response(201, user.describe())


def read_user(call: Call) -> Response:
    return json_response(200, users.find_user(call.session, call.args["userId"]).describe())


def delete_user(call: Call) -> Response:
    users.delete_user(call.session, users.find_user(call.session, call.args["userId"]))
    return NO_CONTENT


def set_labels(call: Call) -> Response:
    return _change(call, "labels", json.dumps(list(dict.fromkeys(call.args["labels"]))))


def set_status(call: Call) -> Response:
    return _change(call, "status", call.args["status"])


def set_email_verification(call: Call) -> Response:
    return _change(call, "email_verified", call.args["emailVerification"])


def set_phone_verification(call: Call) -> Response:
    return _change(call, "phone_verified", call.args["phoneVerification"])


def _change(call: Call, column: str, value: object) -> Response:
    user = users.find_user(call.session, call.args["userId"])
    return json_response(200, users.change_user(call.session, user, column, value).describe())


def create_token(call: Call) -> Response:
    user = users.find_user(call.session, call.args["userId"])
    return json_response(201, {"jwt": make_token(call.session, user.id, call.args["duration"])})


def create_team(call: Call) -> Response:
    team = teams.create_team(call.session, call.args["teamId"], call.args["name"])
    return json_response(201, team.describe(0))


def read_team(call: Call) -> Response:
    team = teams.find_team(call.session, call.args["teamId"])
    return json_response(200, team.describe(teams.count_members(call.session, team)))


def delete_team(call: Call) -> Response:
    teams.delete_team(call.session, teams.find_team(call.session, call.args["teamId"]))
    return NO_CONTENT


def create_membership(call: Call) -> Response:
    team = teams.find_team(call.session, call.args["teamId"])
    user = users.find_user(call.session, call.args["userId"])
    return json_response(201, teams.add_member(call.session, team, user, call.args["roles"]))


_NAME: Final = Param("name", text(128, shortest=0), default="")
_ROLES: Final = list_of(text(32))
_EMAIL: Final = Param("email", formatted(is_email, "email address"), default=None, nullable=True)
ROUTES: Final = (
    Route("GET", "/users", list_users, (LIST_PARAMS[0], SEARCH, LIST_PARAMS[1])),
    Route(
        "POST",
        "/users",
        create_user,
        (
            Param("userId", new_identifier),
            _EMAIL,
            Param("phone", text(16), default=None, nullable=True),
            Param("password", text(256, shortest=0), default="", nullable=True),
            _NAME,
        ),
    ),
    Route("GET", "/users/{userId}", read_user),
    Route("DELETE", "/users/{userId}", delete_user),
    Route("PUT", "/users/{userId}/labels", set_labels, (Param("labels", list_of(text(36), most=1_000)),)),
    Route("PATCH", "/users/{userId}/status", set_status, (Param("status", boolean),)),
    Route(
        "PATCH",
        "/users/{userId}/verification",
        set_email_verification,
        (Param("emailVerification", boolean),),
    ),
    Route(
        "PATCH",
        "/users/{userId}/verification/phone",
        set_phone_verification,
        (Param("phoneVerification", boolean),),
    ),
    Route(
        "POST",
        "/users/{userId}/jwts",
        create_token,
        (Param("duration", whole_range(0, MAX_DURATION), default=DEFAULT_DURATION),),
    ),
    Route(
        "POST",
        "/teams",
        create_team,
        (Param("teamId", new_identifier), Param("name", text(128)), Param("roles", _ROLES, default=())),
    ),
    Route("GET", "/teams/{teamId}", read_team),
    Route("DELETE", "/teams/{teamId}", delete_team),
    Route(
        "POST",
        "/teams/{teamId}/memberships",
        create_membership,
        (Param("userId", identifier), Param("roles", _ROLES)),
    ),
)
