"""Table classes declared by generated source."""

from __future__ import annotations

from typing import Any

from django_appwrite_orm import Table


def classes_of(text: str) -> list[type[Table]]:
    """The table classes that a module's text declares."""
    module: dict[str, Any] = {"__name__": "inspected"}
    exec(compile(text, "inspected.py", "exec"), module)
    return [found for found in module.values() if isinstance(found, type) and issubclass(found, Table)][1:]
