"""The code on the page about the architecture runs as one program, and checks by itself what the page says."""

from __future__ import annotations

from django_appwrite_orm import orm
from tests.support.costs import counted
from tests.support.guides import Guide
from tests.support.pages import code_blocks

PAGE = "explanation/architecture.md"


def test_its_code_runs(guide: Guide) -> None:
    names: dict[str, object] = {}
    for block in code_blocks(PAGE, "python"):
        if not block.file:
            assert "assert " in block.text
            block.run(names)


def test_equal_reads_of_the_ways_in_share_an_entry(guide: Guide) -> None:
    from django_appwrite_orm.models import model_of

    country = guide.rows("Country", "shop.tables")
    row = country.create(name="Chile")
    ways = [lambda: country.get(pk=row.id), lambda: orm.table("countries").get(row.id)]
    ways.append(lambda: model_of(guide.module("shop.tables").Country).objects.get(pk=row.id))
    for number, read in enumerate(ways):
        with counted() as costs:
            assert read().name == "Chile"
        assert len(costs.requests) == (0 if number else 1), number
