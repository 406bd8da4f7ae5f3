"""What the package requires, and its extras, from pyproject.toml."""

from __future__ import annotations

import tomllib

from .. import DOCS
from ..markdown import code, codes, table

_PROJECT = tomllib.loads((DOCS.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
_PURPOSES = {
    "server": "[`serve_appwrite`](local.md), the local Appwrite over HTTP with realtime",
    "realtime": "[`listen_appwrite` and `orm.listen()`](changes-elsewhere.md)",
    "spatial": "filters on points, lines and polygons in the [local Appwrite](local.md)",
    "socks": "an Appwrite behind a SOCKS proxy: [the transport](transport.md)",
    "toolbar": "the [panel of the debug toolbar](observability.md#the-debug-toolbar)",
    "jinja2": "[cached fragments](caching.md) in Jinja2's templates",
    "prometheus": "the cache statistics for [Prometheus](observability.md#prometheus)",
    "opentelemetry": "spans of reads, writes and requests: [OpenTelemetry](observability.md#opentelemetry)",
    "rest": "[Django REST framework](rest.md)",
}


def _required() -> str:
    return table(["Requirement"], [[code(requirement)] for requirement in _PROJECT["dependencies"]])


def _extras() -> str:
    rows = [
        [code(extra), _PURPOSES[extra], codes(requirements)]
        for extra, requirements in _PROJECT["optional-dependencies"].items()
    ]
    return table(["Extra", "For", "Installs"], rows)


SECTIONS = {"requirements": _required, "extras": _extras}
