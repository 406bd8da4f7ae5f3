"""Rows that are linked to others, dumped and loaded: the links are those there were."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches
from django.core.management import call_command

from django_appwrite_orm import Table, columns
from django_appwrite_orm.connection import connections
from django_appwrite_orm.plans import Clause, ListRows
from django_appwrite_orm.registry import registry
from django_appwrite_orm.sansio import run_sync
from tests.support.costs import counted
from tests.support.loading import loaded
from tests.support.migrations import ask, migrated
from tests.support.tables import empty_store


class Person(Table):
    name = columns.String(size=9)
    boss = columns.Relationship("self", "manyToOne", two_way_key="team", on_delete="setNull")
    friends = columns.Relationship("self", "manyToMany", two_way_key="friend_of")
    desk = columns.Relationship("Desk", "oneToOne", two_way_key="owner")
    chores = columns.Relationship("Desk", "oneToMany")

    class Meta:
        name = "people"


class Desk(Table):
    tags = columns.Relationship("Tag", "manyToMany", two_way_key="desks")

    class Meta:
        name = "desks"


class Tag(Table):
    word = columns.String(size=9)

    class Meta:
        name = "tags"


TABLES = [Person, Desk, Tag]
# Each row is linked to one that comes later.
ROWS: dict[str, dict[str, dict[str, Any]]] = {
    "people": {"p1": {"name": "Ann", "boss": "p3"}, "p2": {"name": "Bob", "boss": "p3"}, "p3": {"name": "Cem"}},
    "desks": {"d1": {}, "d2": {}},
    "tags": {"t1": {"word": "a"}, "t2": {"word": "b"}},
}
LINKS = {
    "people/rows/p1": {"desk": "d1", "chores": ["d1", "d2"], "friends": ["p1", "p3"]},
    "people/rows/p2": {"friends": ["p1", "p2"]},
    "people/rows/p3": {"desk": "d2", "friends": ["p2", "p1"]},
    "desks/rows/d1": {"tags": ["t2", "t1"]},
    "desks/rows/d2": {"tags": ["t1"]},
}


def emptied() -> None:
    caches["default"].clear()
    connections.reset()
    empty_store()
    migrated(*TABLES)


@pytest.fixture(autouse=True)
def stock() -> Iterator[None]:
    for table in TABLES:
        registry.add(table)
    emptied()
    for table, rows in ROWS.items():
        for id, data in rows.items():
            ask("POST", f"/tables/{table}/rows", {"rowId": id, "data": data or {"tags": None}})
    for row, data in LINKS.items():
        ask("PATCH", f"/tables/{row}", {"data": data})
    yield
    for table in TABLES:
        registry.discard(table)


def write(file: Path, table: str, **row: Any) -> Path:
    file.write_text(
        json.dumps(
            {"table": table, "row": {"$" + name if name == "id" else name: value for name, value in row.items()}}
        )
    )
    return file


def world() -> dict[str, Any]:
    """All rows with all their links, seen from every side."""
    wanted = {
        "people": ["team", "chores", "desk", "friends", "friend_of"],
        "desks": ["tags", "owner"],
        "tags": ["desks"],
    }
    found = {}
    for table, keys in wanted.items():
        rows = ask_list(table, "*", *(f"{key}.$id" for key in keys))
        for row in rows:
            for key in keys:
                links = row.get(key)
                row[key] = sorted(one["$id"] for one in links) if isinstance(links, list) else links and links["$id"]
        found[table] = [{name: value for name, value in row.items() if name != "$sequence"} for row in rows]
    return found


def ask_list(table: str, *names: str) -> list[dict[str, Any]]:
    connection = connections["default"]
    ref = registry.get(table)._meta.ref(connection.settings.database_id)
    plan = ListRows(ref, order=(Clause("orderAsc", "$id"),), limit=99, select=names)
    return list(run_sync(connection.follow(plan.fetch())).data["rows"])


@pytest.mark.parametrize("format", ["jsonl", "object"])
def test_the_round_trip_is_exact(format: str, tmp_path: Path) -> None:
    before = world()
    assert before["people"][2]["team"] == ["p1", "p2"]
    assert before["people"][0]["chores"] == ["d1", "d2"]
    assert before["tags"][0]["desks"] == ["d1", "d2"]
    call_command(
        "dump_appwrite", "people", "desks", "tags", output=tmp_path / "rows", format=format, stderr=io.StringIO()
    )
    emptied()
    assert loaded(tmp_path / "rows")[0].startswith("7 rows: 7 created")
    assert world() == before
    assert loaded(tmp_path / "rows")[0] == "7 rows: 0 created, 0 overwritten, 7 unchanged, 0 refused."
    assert world() == before


def test_tables_with_relationships_are_written_without_bulk_routes(tmp_path: Path) -> None:
    call_command("dump_appwrite", "people", "desks", "tags", output=tmp_path / "rows", stderr=io.StringIO())
    emptied()
    with counted() as costs:
        loaded(tmp_path / "rows")
    writes = [one for one in costs.requests if not one.startswith("GET")]
    assert sum(one.startswith("POST") for one in writes) == 7
    # Rows that are linked to many: p1, p2, d1, d2. From the other side nothing is left to do for p3, t1 and t2.
    assert sum(one.startswith("PATCH") for one in writes) == 4


def test_a_row_with_other_links_keeps_them_without_overwrite(tmp_path: Path) -> None:
    file = write(tmp_path / "rows", "desks", id="d2", tags=["t2"])
    line, refused = loaded(file)
    assert line == "The links of 1 rows were refused."
    assert "Line 1, table desks, row d2: its links were not written: it has other links in tags" in refused[0]
    loaded(file, overwrite=True)
    assert world()["desks"][1]["tags"] == ["t2"]


@pytest.mark.parametrize("links", [{"desk": "d2"}, {"desk": None}, {"boss": None}, {"boss": "p1"}])
def test_a_row_with_another_link_to_one_row_is_refused(links: dict[str, str | None], tmp_path: Path) -> None:
    same = {"name": "Ann", "boss": "p3", "desk": "d1"}
    assert loaded(write(tmp_path / "rows", "people", id="p1", **same))[0].startswith("1 rows: 0 created")
    _, refused = loaded(write(tmp_path / "rows", "people", id="p1", **{**same, **links}))
    assert "a row with this id exists and has other values" in refused[0]


def test_overwrite_removes_links_that_the_file_does_not_have(tmp_path: Path) -> None:
    ask("PATCH", "/tables/people/rows/p1", {"data": {"chores": []}})
    before = world()
    call_command("dump_appwrite", "people", "desks", "tags", output=tmp_path / "rows", stderr=io.StringIO())
    ask("PATCH", "/tables/people/rows/p2", {"data": {"chores": ["d2"]}})
    line, refused = loaded(tmp_path / "rows")
    assert line == "The links of 1 rows were refused."
    assert "row p2: its links were not written: it has other links in chores; --overwrite" in "".join(refused)
    assert [row["chores"] for row in world()["people"]] == [[], ["d2"], []], "nothing is overwritten without the option"
    loaded(tmp_path / "rows", overwrite=True)
    assert [row["chores"] for row in world()["people"]] == [row["chores"] for row in before["people"]] == [[], [], []]


def test_links_of_a_row_that_was_refused_are_refused_with_it(tmp_path: Path) -> None:
    ask("PATCH", "/tables/people/rows/p2", {"data": {"chores": []}})
    file = write(tmp_path / "rows", "people", id="p2", name="Other", chores=["d1"])
    line, refused = loaded(file)
    assert line == "1 rows were refused."
    assert len(refused) == 1
    assert world()["people"][1]["chores"] == []


@pytest.mark.parametrize("value", ["d1", [1], [{"$id": "d1"}], {"a": "b"}])
def test_links_that_are_not_ids_are_refused_with_their_line(value: object, tmp_path: Path) -> None:
    file = write(tmp_path / "rows", "people", id="p9", name="x", chores=value)
    _, refused = loaded(file)
    assert "its chores is" in refused[0]
    assert "must be a list of ids" in refused[0]


@pytest.mark.parametrize(
    "value", [{"$id": "d1", "tags": []}, {"$id": "new", "name": "x"}, {}, [{"$id": "d1"}], ["d1"], 5, "", "-bad-"]
)
def test_a_link_that_is_not_an_id_is_refused_and_writes_no_other_row(value: object, tmp_path: Path) -> None:
    """Appwrite would create the object as a row of the other table, or write it over the one that is there."""
    before = world()
    with counted() as costs:
        _, refused = loaded(write(tmp_path / "rows", "people", id="p9", name="x", desk=value), "people")
    assert "Line 1, table people, row p9: its desk is" in refused[0]
    assert "must be the id of a row or null" in refused[0]
    assert not [one for one in costs.requests if not one.startswith("GET")]
    assert world() == before


def test_an_object_in_an_undeclared_relationship_is_refused(tmp_path: Path) -> None:
    body = {"relatedTableId": "tags", "type": "manyToOne", "key": "unseen", "onDelete": "restrict"}
    ask("POST", "/tables/people/columns/relationship", body)
    before = world()
    for value in ({"$id": "t1", "word": "new"}, [{"$id": "t9"}]):
        _, refused = loaded(write(tmp_path / "rows", "people", id="p9", name="x", unseen=value))
        assert "its unseen contains an object, which is not a value of any column" in refused[0]
    assert world() == before


def test_standard_input_can_be_read_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"table": "people", "row": {"$id": "p9", "name": "x", "chores": ["d2"]}}
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(row) + "\n"))
    assert loaded("-")[0].startswith("1 rows: 1 created")
    assert world()["people"][3]["chores"] == ["d2"]
