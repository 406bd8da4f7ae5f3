"""How much work a hit is, in instructions of Python: unlike time, they are the same on every machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Count, Sum

from tests.support.instructions import MARGIN, instructions_of
from tests.support.library.tables import Reader

pytestmark = pytest.mark.usefixtures("library")

ROWS = 25
Read = Callable[[str], Any]
# What reads, and the instructions that a hit took when this was written, with those of Django and the
# standard library.
READS: dict[str, tuple[Read, int]] = {
    "get by id": (lambda row_id: Reader.objects.get(pk=row_id).name, 1_680),
    "all rows": (lambda row_id: [row.name for row in Reader.objects.all()], 2_360),
    "values of all rows": (lambda row_id: list(Reader.objects.values("id", "name", "score")), 4_400),
    "an aggregate of a slice": (
        lambda row_id: Reader.objects.all()[:ROWS].aggregate(total=Sum("score"), number=Count("*")),
        5_180,
    ),
    "groups": (lambda row_id: list(Reader.objects.values("score").annotate(number=Count("*"))), 5_250),
    "a slice of a filter": (
        lambda row_id: [row.name for row in Reader.objects.filter(name__startswith="r").order_by("-name")[:ROWS]],
        3_840,
    ),
}


@pytest.fixture
def row_id() -> str:
    first, *_ = Reader.objects.bulk_create([Reader(name=f"r{number:02}") for number in range(ROWS)])
    return str(first.pk)


def instructions_of_a_hit(read: Read, row_id: str) -> int:
    for _ in range(2):
        read(row_id)
    return instructions_of(lambda: read(row_id)).all


@pytest.mark.parametrize(("read", "counted"), READS.values(), ids=READS)
def test_a_hit_takes_hardly_more_instructions_than_it_did(read: Read, counted: int, row_id: str) -> None:
    assert instructions_of_a_hit(read, row_id) <= counted * MARGIN


def test_more_work_for_each_row_is_noticed(row_id: str) -> None:
    _, counted = READS["all rows"]

    def read(row_id: str) -> Any:
        return [row.name for row in Reader.objects.all() if row == row and repr(row)]

    assert instructions_of_a_hit(read, row_id) > counted * MARGIN
