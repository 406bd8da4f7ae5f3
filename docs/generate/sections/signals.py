"""The signals and their arguments."""

from __future__ import annotations

from django.dispatch import Signal

from django_appwrite_orm import signals

from ..markdown import code, table
from ..source import docs_behind


def _signals() -> str:
    texts = docs_behind(signals)
    names = [name for name, value in vars(signals).items() if isinstance(value, Signal)]
    return table(["Signal", "Arguments besides `using`"], ([code(name), texts[name]] for name in names))


SECTIONS = {"signals": _signals}
