"""The version, which needs no project."""

from __future__ import annotations

from typing import Final

from ..api.responses import VERSION, Response, json_response
from ..api.router import EVERYONE, Call, Route


def read_version(call: Call) -> Response:
    return json_response(200, {"version": VERSION})


ROUTES: Final = (Route("GET", "/health/version", read_version, callers=EVERYONE),)
