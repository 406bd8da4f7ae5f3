"""How much work a hit is, in calls of the package's functions: unlike time, they are the same on every machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from django_appwrite_orm.tables import Row
from tests.support.calls import calls_of
from tests.support.library.tables import Reader

pytestmark = pytest.mark.usefixtures("library")

ROWS = 25
Read = Callable[[str], Any]
# What reads, and the calls that a hit took when this was written.
READS: dict[str, tuple[Read, int]] = {
    "get by id": (lambda row_id: Reader.objects.get(pk=row_id).name, 59),
    "all rows": (lambda row_id: [row.name for row in Reader.objects.all()], 234),
    "a slice of a filter": (
        lambda row_id: [row.name for row in Reader.objects.filter(name__startswith="r").order_by("-name")[:ROWS]],
        290,
    ),
}


@pytest.fixture
def row_id() -> str:
    first, *_ = Reader.objects.bulk_create([Reader(name=f"r{number:02}") for number in range(ROWS)])
    return str(first.pk)


def calls_of_a_hit(read: Read, row_id: str) -> int:
    for _ in range(2):
        read(row_id)
    return calls_of(lambda: read(row_id)).own


@pytest.mark.parametrize(("read", "counted"), READS.values(), ids=READS)
def test_a_hit_takes_hardly_more_calls_than_it_did(read: Read, counted: int, row_id: str) -> None:
    assert calls_of_a_hit(read, row_id) <= counted * 1.1


def test_more_calls_for_each_row_are_noticed(row_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read, counted = READS["all rows"]
    monkeypatch.setattr(
        Row, "_value", lambda row, column, value=Row._value: row.is_saved and row.pk and value(row, column)
    )
    assert calls_of_a_hit(read, row_id) > counted * 1.1
