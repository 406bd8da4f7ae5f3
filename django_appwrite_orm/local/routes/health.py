"""The version, which needs no project."""

from __future__ import annotations

from typing import Final

from ..api.responses import VERSION, Response, json_answer
from ..api.router import EVERYONE, Call, Route


def read_version(call: Call) -> Response:
    return json_answer(200, {"version": VERSION})


ROUTES: Final = (Route("GET", "/health/version", read_version, callers=EVERYONE),)
