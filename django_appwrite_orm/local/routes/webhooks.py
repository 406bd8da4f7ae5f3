"""Webhooks: list, create, get, update, delete. For API keys.

Responses are those of 1.9.6. Parameters have their names of 1.9 (``security``, ``httpUser``, ``httpPass``) or those
of today's SDKs (``tls``, ``authUsername``, ``authPassword``).
"""

from __future__ import annotations

from typing import Any, Final

from ..api.params import Param, boolean, list_of, new_identifier, text
from ..api.responses import NO_CONTENT, Response, json_response
from ..api.router import Call, Route
from ..columns.kinds import BOOLEAN, INTEGER, SEQUENCE
from ..emulation.formats import is_url
from ..queries.fields import Field, Source
from ..webhooks.patterns import event_name
from ..webhooks.repository import change_webhook, create_webhook, delete_webhook, find_webhook, webhook_by_number
from .lists import LIST_PARAMS, date_fields, fields, page_numbers, page_total, schema_page, text_field

_FIELDS: Final = fields(
    text_field("$id", "id", "id_f"),
    text_field("name", "name"),
    text_field("url", "url"),
    Field("enabled", BOOLEAN, "enabled"),
    Field("attempts", INTEGER, "attempts"),
    Field("$sequence", SEQUENCE, "n"),
    *date_fields(),
)
# Our columns, by the older and the newer name of their parameters.
_TWO_NAMES: Final = {
    "security": ("security", "tls"),
    "user": ("httpUser", "authUsername"),
    "password": ("httpPass", "authPassword"),
}


def list_webhooks(call: Call) -> Response:
    page = schema_page(Source("webhooks", _FIELDS, "n", "id_f"), call.args["queries"])
    webhooks = [webhook_by_number(call.session, number) for number in page_numbers(call.session, page)]
    total = page_total(call.session, page, call.args["total"])
    return json_response(200, {"total": total, "webhooks": [webhook.description for webhook in webhooks]})


def create(call: Call) -> Response:
    values = _values(call) | {"secret": call.args["secret"]}
    return json_response(201, create_webhook(call.session, call.args["webhookId"], values).description)


def read(call: Call) -> Response:
    return json_response(200, find_webhook(call.session, call.args["webhookId"]).description)


def update(call: Call) -> Response:
    webhook = find_webhook(call.session, call.args["webhookId"])
    return json_response(200, change_webhook(call.session, webhook, _values(call)).description)


def delete(call: Call) -> Response:
    delete_webhook(call.session, find_webhook(call.session, call.args["webhookId"]))
    return NO_CONTENT


def _values(call: Call) -> dict[str, Any]:
    args = call.args
    values = {name: args[name] for name in ("name", "url", "events", "enabled")}
    for column, (old, new) in _TWO_NAMES.items():
        values[column] = args[new] if args[old] is None else args[old]
    return values | {
        "security": bool(values["security"]),
        "user": values["user"] or "",
        "password": values["password"] or "",
    }


def _url(value: Any) -> str:
    """Check the URL. Loopback addresses, which a production server refuses, are allowed for development."""
    if not isinstance(value, str) or not value.startswith(("http://", "https://")) or not is_url(value):
        raise ValueError("expected a URL that begins with http:// or https://")
    return value


def _name(value: Any) -> str:
    """Check the name, which is sent in a header and so has no control characters."""
    name: str = text(128)(value)
    if any(letter < " " or letter == "\x7f" for letter in name):
        raise ValueError("a name has no line breaks and other control characters")
    return name


_FILLED: Final = (
    Param("url", _url),
    Param("name", _name),
    Param("events", list_of(event_name)),
    Param("enabled", boolean, default=True),
    *(Param(name, boolean, default=None, nullable=True) for name in _TWO_NAMES["security"]),
    *(
        Param(name, text(256, shortest=0), default=None, nullable=True)
        for column in ("user", "password")
        for name in _TWO_NAMES[column]
    ),
)
ROUTES: Final = (
    Route("GET", "/webhooks", list_webhooks, LIST_PARAMS),
    Route(
        "POST",
        "/webhooks",
        create,
        (
            Param("webhookId", new_identifier),
            *_FILLED,
            Param("secret", text(256, shortest=8), default=None, nullable=True),
        ),
    ),
    Route("GET", "/webhooks/{webhookId}", read),
    Route("PUT", "/webhooks/{webhookId}", update, _FILLED),
    Route("DELETE", "/webhooks/{webhookId}", delete),
)
