"""Limits, from the constants of the code and the comments above them."""

from __future__ import annotations

import datetime
import importlib
from typing import Any

from django_appwrite_orm.plans import limits

from ..markdown import code, table
from ..source import comments

# Limits of this package, by module.
OWN = {
    "plans.splitting": ["REQUESTS_LIMIT"],
    "querysets.resolver": ["FOLLOWED_LIMIT"],
    "connection.connection": ["TIME_PER_ROW"],
    "cache.writes": ["LONGEST_TIMEOUT"],
    "cache.reads": ["TOKEN_TTL"],
    "transport.decoding": ["LARGEST", "HEAVIEST"],
    "transport.http": ["CONNECT_LIMIT", "THREADS_CONNECTIONS", "LOOP_CONNECTIONS"],
    "sansio": ["BACKGROUND_THREADS"],
    "backend.columns": ["MAX_DIGITS"],
    "backend.in_memory.fetch": ["MANY_IDS"],
    "backend.compile.auto_increment": ["BLOCK"],
    "backend.compile.conflicts": ["TRIES"],
    "web.webhooks": ["LARGEST"],
    "events.dispatch": ["REPEAT_WINDOW"],
    "contrib.forms.lists": ["MAX_INPUTS"],
    "contrib.forms.strict_json": ["MAX_DEPTH"],
}


def _shown(value: Any) -> str:
    if isinstance(value, range):
        return f"{value.start:,} to {value.stop - 1:,}"
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    return f"{value:,}"


def _of_appwrite() -> str:
    rows = ([text, _shown(getattr(limits, name)), code(name)] for name, text in comments(limits).items())
    return table(["Limit", "Value", "Constant"], rows)


def _of_package() -> str:
    rows = []
    for path, names in OWN.items():
        module = importlib.import_module(f"django_appwrite_orm.{path}")
        texts = comments(module)
        rows += [[texts[name], _shown(getattr(module, name)), code(f"{path}.{name}")] for name in names]
    return table(["Limit", "Value", "Constant"], rows)


SECTIONS = {"limits.appwrite": _of_appwrite, "limits.package": _of_package}
