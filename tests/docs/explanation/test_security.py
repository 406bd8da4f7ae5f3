"""The page about security: its code runs, and what it leaves open is really so.

tests/transport/test_secrets.py, tests/events/test_webhooks.py, tests/interchange/test_hostile_texts.py and
tests/backend/test_identity.py hold the rest.
"""

from __future__ import annotations

import re

import pytest
from django.core.cache import caches

from django_appwrite_orm import orm
from django_appwrite_orm.cache.entries import pack, unpack
from django_appwrite_orm.connection import connections
from django_appwrite_orm.exceptions import UserPermissionDenied
from tests.support.costs import counted
from tests.support.guides import Guide
from tests.support.library.tables import Book
from tests.support.pages import DOCS, code_blocks

PAGE = "explanation/security.md"
TEXT = (DOCS / PAGE).read_text()


def test_its_code_runs_and_prints_what_is_shown(guide: Guide, capsys: pytest.CaptureFixture[str]) -> None:
    for block in code_blocks(PAGE, "python"):
        block.run({})
        shown = re.findall(r"^# (.*)$", block.text, re.MULTILINE)
        assert capsys.readouterr().out.splitlines() == shown
    text = '{"method": "increment", "values": [1]}'
    assert sorted(guide.rows("Product").values_list("name", flat=True)) == sorted(["Lamp", text])


@pytest.mark.usefixtures("library")
def test_an_id_that_cannot_be_sends_no_request() -> None:
    with counted() as costs, pytest.raises(Book.DoesNotExist):
        Book.objects.get(pk="../../users")
    assert costs.requests == []


@pytest.mark.usefixtures("library")
def test_a_token_with_line_ends_sends_no_request() -> None:
    with counted() as costs, pytest.raises(UserPermissionDenied):
        list(Book.objects.as_user(jwt="a\r\nx-appwrite-key: b"))
    assert costs.requests == []


@pytest.mark.usefixtures("library")
def test_whoever_can_write_to_the_cache_can_plant_rows() -> None:
    """Entries are not signed: the page says so."""
    assert "**Entries are not signed.**" in TEXT
    Book.objects.create(title="Dune", price=9)
    list(Book.objects.all())
    cache = caches["default"]
    names = [key.split(":", 2)[2] for key in cache._cache]
    [name] = [name for name in names if "\n" in str(cache.get(name))]
    entry = unpack(cache.get(name))
    cache.set(name, pack(entry._replace(text=entry.text.replace("Dune", "Doom"))))
    connections["default"].store.memory.clear()
    assert [book.title for book in Book.objects.all()] == ["Doom"]
    orm.clear_caches()
    assert [book.title for book in Book.objects.all()] == ["Dune"]


def test_its_checks_exist() -> None:
    listed = re.findall(r"^\| `(appwrite_orm\.[EW]\d+)` \|", TEXT, re.MULTILINE)
    known = re.findall(r"^\| `(appwrite_orm\.[EW]\d+)` \|", (DOCS / "reference/checks.md").read_text(), re.MULTILINE)
    assert len(listed) == len(set(listed)) == 13
    assert set(listed) <= set(known)
