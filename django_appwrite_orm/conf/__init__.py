"""The setting APPWRITE_ORM: one dict of options for each connection alias.

This module reads the setting as it stands. `connections` turns it into typed settings, `checks` looks for problems in
it. Both are imported from there, because most processes that set Django up open no connection.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.utils.translation.trans_null import gettext_noop  # the usual one needs settings when it is called

from ..plans.limits import ID_LENGTH

DEFAULT_ALIAS = "default"
# The first a letter or digit: ids of databases, tables, columns, indexes and rows.
VALID_ID = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{ID_LENGTH - 1}}}")
# Translators: a part of sentences such as "Use 1 to 36 characters of A-Z, ...".
ID_RULE = gettext_noop("1 to 36 characters of A-Z, a-z, 0-9, '.', '-' and '_', the first a letter or a digit")
# Characters of a text in the settings that is printed. Real API keys are longer.
LONGEST_SHOWN = 40

# Options of all connections, set by `replacing`: defaults, and values that replace those of the setting.
_replacement: tuple[Mapping[str, Any], Mapping[str, Any]] | None = None


def configured() -> Mapping[str, Mapping[str, Any]]:
    """Return the setting, alias to options; empty when it is missing or not a dict of dicts.

    Inside `replacing`, with those values in every connection.
    """
    setting = getattr(settings, "APPWRITE_ORM", None)
    if not isinstance(setting, dict):
        return {}
    aliases = {alias: options for alias, options in setting.items() if isinstance(alias, str)}
    connections = {alias: options for alias, options in aliases.items() if isinstance(options, dict)}
    if _replacement is None:
        return connections
    defaults, values = _replacement
    return {alias: {**defaults, **options, **values} for alias, options in connections.items()}


@contextmanager
def replacing(values: Mapping[str, Any], *, defaults: Mapping[str, Any]) -> Iterator[None]:
    """Give every connection of this process the options `values` inside the block, and `defaults` where it has none.

    For the tests of projects. They hold whatever APPWRITE_ORM contains or is overridden with.
    """
    global _replacement
    before, _replacement = _replacement, (defaults, values)
    try:
        _send_setting_changed(enter=True)
        yield
    finally:
        _replacement = before
        _send_setting_changed(enter=False)


def _send_setting_changed(*, enter: bool) -> None:
    setting_changed.send(sender=replacing, setting="APPWRITE_ORM", value=configured(), enter=enter)


def is_local(options: Mapping[str, Any]) -> bool:
    """Whether this connection opens the local Appwrite."""
    return str(options.get("ENDPOINT", "")).startswith("local:")


def shown(value: object) -> str:
    """Return a value for a message: a text as long as an API key is counted instead."""
    if not isinstance(value, str):
        return f"of type {type(value).__name__}"
    return repr(value) if len(value) <= LONGEST_SHOWN else f"(a text of {len(value)} characters)"
