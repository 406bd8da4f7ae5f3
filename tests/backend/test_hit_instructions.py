"""How much work a hit of models is, in instructions: beside what it was, and beside Django's own read from SQLite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.db import connections

from django_appwrite_orm.backend.columns import KeyColumn, ModelColumn
from django_appwrite_orm.backend.compile import compiler, selection
from django_appwrite_orm.backend.model_table import table_of
from django_appwrite_orm.cache.effects import CacheGetMany
from django_appwrite_orm.connection import connections as appwrite
from tests.support.instructions import MARGIN, Instructions, instructions_of

from .shop.models import Maker, Parcel, Product

ROWS = 25
Read = Callable[[Any], Any]


class Counted(NamedTuple):
    """What a hit took when this was written.

    `own`: instructions of the package. `of_peer`: those of all code, for each that SQLite takes.
    """

    own: int
    of_peer: float

    def covers(self, hit: Instructions, peer: Instructions) -> bool:
        return hit.own <= self.own * MARGIN and hit.all <= self.of_peer * peer.all * MARGIN


READS: dict[str, tuple[Read, Counted]] = {
    "get by the primary key": (lambda rows: rows.get(pk=1).name, Counted(2_210, 0.94)),
    "all rows": (lambda rows: [row.name for row in rows.all()], Counted(2_160, 0.69)),
    "a slice of a filter": (
        lambda rows: [row.name for row in rows.filter(country="at").order_by("-name")[:ROWS]],
        Counted(2_930, 0.83),
    ),
    "values of one column": (lambda rows: list(rows.values_list("name", flat=True)), Counted(2_380, 1.6)),
}


@pytest.fixture(autouse=True)
def peer(shop: None, tmp_path: Path) -> Iterator[None]:
    """The same rows in a database of SQLite, beside those on Appwrite."""
    own, databases = connections.settings, {"default": dict(connections.settings["default"])}
    databases["peer"] = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "peer.sqlite3")}
    connections.settings = connections.configure_settings(databases)
    with connections["peer"].schema_editor() as editor:
        editor.create_model(Maker)
    for using in ("default", "peer"):
        makers = [Maker(pk=number, name=f"m{number:02}", country="at") for number in range(1, ROWS + 1)]
        Maker.objects.using(using).bulk_create(makers)
    yield
    connections["peer"].close()
    del connections["peer"]
    connections.settings = own


def instructions(read: Read, using: str) -> Instructions:
    rows = Maker.objects.using(using)
    for _ in range(2):  # what is done once, and kept
        read(rows)
    return instructions_of(lambda: read(rows))


@pytest.mark.parametrize(("read", "counted"), READS.values(), ids=READS)
def test_a_hit_takes_hardly_more_instructions_than_it_did(read: Read, counted: Counted) -> None:
    hit, peer = instructions(read, "default"), instructions(read, "peer")
    assert counted.covers(hit, peer), (hit, peer, counted)


@pytest.mark.parametrize("name", ["get by the primary key", "all rows"])
def test_columns_worked_out_for_each_query_are_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read, counted = READS[name]
    monkeypatch.setattr(compiler, "reads_whole_rows", lambda query: False)
    assert not counted.covers(instructions(read, "default"), instructions(read, "peer"))


def test_keys_decoded_one_by_one_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    read, counted = READS["all rows"]
    monkeypatch.setattr(KeyColumn, "decoded", ModelColumn.decoded)
    monkeypatch.delitem(vars(Maker._meta), selection._WHOLE_ROWS, raising=False)
    assert not counted.covers(instructions(read, "default"), instructions(read, "peer"))


@pytest.mark.parametrize("read", [read for read, _ in READS.values()], ids=READS)
def test_of_a_hit_the_process_has_the_result(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    perform = CacheGetMany.perform
    monkeypatch.setattr(CacheGetMany, "perform", lambda call: asked.append(list(call.keys)) or perform(call))
    for _ in range(2):
        read(Maker.objects)
    assert asked[-1] == [appwrite["default"].table_keys(table_of(Maker)._meta.ref("library")).token]


def test_what_one_reader_changes_in_place_no_other_one_sees() -> None:
    Parcel.objects.create(words=["a"])
    Product.objects.create(name="p", data={"tags": ["a"]})

    def read() -> list[Any]:
        rows = [*Parcel.objects.all(), Parcel.objects.get(), *Parcel.objects.values_list("words")]
        documents = [*Product.objects.all(), *Product.objects.values("data")]
        lists = [row[0] if isinstance(row, tuple) else row.words for row in rows]
        return lists + [(row["data"] if isinstance(row, dict) else row.data)["tags"] for row in documents]

    for _ in range(3):
        lists = read()
        assert lists == [["a"]] * 5
        for tags in lists:
            tags.append("b")
