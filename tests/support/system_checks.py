"""Tables declared for one test, and what the checks say of them."""

from __future__ import annotations

from typing import Any

from django_appwrite_orm import Table
from django_appwrite_orm.checks import check_tables
from django_appwrite_orm.registry import registry


def declare(meta: dict[str, Any] | None = None, name: str = "Thing", /, **body: Any) -> type[Table]:
    return registry.add(type(name, (Table,), {"Meta": type("Meta", (), meta or {}), **body, "__module__": __name__}))


def found() -> list[tuple[str, str]]:
    messages = check_tables()
    assert all(message.hint and message.obj for message in messages)
    return [(str(message.id).removeprefix("appwrite_orm."), message.msg) for message in messages]


def ids() -> list[str]:
    return [identity for identity, _ in found()]
