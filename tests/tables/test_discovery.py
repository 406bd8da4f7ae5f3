"""Discovery of the tables of each app when Django starts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import modify_settings

from django_appwrite_orm.registry import registry
from tests.support.library.tables import Book, Everything, Reader

FILES = {
    "annex/__init__.py": "",
    "annex/tables/__init__.py": """
from django_appwrite_orm import Table, columns
from tests.support.library.tables import Book
from .parts import Part
from .parts import Base as Renamed

class Whole(Renamed):
    part_id = columns.String(size=36)
""",
    "annex/tables/parts.py": """
from django_appwrite_orm import Table, columns

class Base(Table):
    name = columns.String()

    class Meta:
        abstract = True

class Part(Base):
    pass
""",
}


@pytest.fixture
def annex(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An app whose tables.py is a package, and which imports tables of others."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    before = registry.all()
    with modify_settings(INSTALLED_APPS={"append": "annex"}):
        yield
    for table in set(registry.all()) - set(before):
        registry.discard(table)


def test_the_tables_of_each_app_are_found_once() -> None:
    assert [table for table in registry.all() if table in (Book, Reader, Everything)] == [Book, Reader, Everything]
    assert registry.of_app("library") == [Book, Reader, Everything]


def test_tables_of_a_package_are_found_but_not_those_it_imports_from_others(annex: None) -> None:
    assert [table._meta.label for table in registry.of_app("annex")] == ["annex.Part", "annex.Whole"]
    assert registry.of_app("library") == [Book, Reader, Everything]
    assert registry.get("annex_whole")._meta.columns.keys() == {"name", "part_id"}
