"""Relationships exported to other formats, and generated classes that migrate to nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from django_appwrite_orm import Table, columns
from django_appwrite_orm.connection import connections
from django_appwrite_orm.interchange.appwrite_config import config_of, tables_of
from django_appwrite_orm.interchange.codegen import source
from django_appwrite_orm.interchange.exporters import firebase, sql, text
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import declared_table, plan, read_tables
from django_appwrite_orm.schema.state import TableState
from tests.support.generated_tables import classes_of
from tests.support.migrations import ask, migrated, registered, table

STAMPS = "'2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', ''"


def shelf() -> list[type[Table]]:
    """Every type of relationship, one- and two-way, from both sides and from one."""
    author = table("authors", name=columns.String(size=9))
    tag = table("tags", up=columns.Relationship("self", "manyToOne", two_way_key="down", on_delete="cascade"))
    book = table(
        "books",
        other=columns.String(size=3, column="cover_id"),
        author=columns.Relationship(author, "manyToOne", two_way_key="books", on_delete="setNull", column="class"),
        cover=columns.Relationship(author, "oneToOne"),
        tags=columns.Relationship(tag, "manyToMany", two_way_key="books"),
        parts=columns.Relationship(author, "oneToMany", on_delete="cascade"),
    )
    return [author, book, tag]


def states() -> list[TableState]:
    _, book, tag = shelf()
    back = table(
        "authors",
        name=columns.String(size=9),
        books=columns.Relationship(book, "oneToMany", two_way_key="class", on_delete="setNull"),
    )
    return [declared_table(one).state for one in (back, book, tag)]


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as opened:
        opened.execute("PRAGMA foreign_keys = ON")
        opened.executescript(sql(states()))
        for name in ("a", "b"):
            opened.execute(f"INSERT INTO authors VALUES ('{name}', {STAMPS}, '{name}', NULL)")
        yield opened


def test_sql_creates_each_link_once_and_enforces_it(database: sqlite3.Connection) -> None:
    stamp = '"$id", "$createdAt", "$updatedAt", "$permissions"'
    add = f"INSERT INTO books ({stamp}, class, cover) VALUES ('{{}}', {STAMPS}, '{{}}', '{{}}')"
    database.execute(add.format("x", "a", "b"))
    for wrong in (add.format("y", "nobody", "a"), add.format("y", "a", "b")):  # no such row; the cover is taken
        with pytest.raises(sqlite3.IntegrityError):
            database.execute(wrong)
    database.execute(f"INSERT INTO tags ({stamp}) VALUES ('t', {STAMPS})")
    database.execute("INSERT INTO books_tags_links VALUES ('x', 't')")
    with pytest.raises(sqlite3.IntegrityError):  # restrict
        database.execute("DELETE FROM tags")
    database.execute("DELETE FROM authors WHERE name = 'a'")
    assert database.execute("SELECT class FROM books").fetchall() == [(None,)]


def test_a_table_that_is_not_exported_is_named() -> None:
    _, book, _ = states()
    assert '-- "tags" of "books" refers to "tags", which is not among these tables.' in sql([book])


def test_firebase_and_text_describe_relationships() -> None:
    rules = json.loads(firebase(states()))["rules"]["books"]["$row"]
    assert rules["class"] == {".validate": "newData.isString()"}
    assert rules["tags"] == {".validate": "newData.hasChildren()"}
    assert "  class (relationship, manyToOne to authors, two-way as books, on delete setNull)" in text(states())


def test_the_config_of_the_cli_is_read_back_as_exported() -> None:
    config = config_of(states(), "library", "p", "local:")
    sides = {(one["$id"], column["key"]): column for one in config["tables"] for column in one["columns"]}
    # Both sides are declared: the first is the parent, and its options apply to both, as on a server.
    assert sides["authors", "books"]["side"] == "parent"
    assert (sides["books", "class"]["side"], sides["books", "class"]["relationType"]) == ("child", "oneToMany")
    # Of a manyToOne of a table with itself Appwrite builds only the other side, so that one is the parent.
    assert (sides["tags", "down"]["side"], sides["tags", "down"]["relationType"]) == ("parent", "oneToMany")
    assert (sides["tags", "up"]["side"], sides["tags", "up"]["relationType"]) == ("child", "oneToMany")
    *others, tag = tables_of(json.dumps(config), "library")
    (*expected, expected_tag) = states()
    assert others == expected
    assert tag.columns["up"] == expected_tag.columns["up"]


def test_classes_generated_from_a_server_migrate_to_nothing() -> None:
    migrated(*shelf())
    found = run_sync(read_tables(connections["default"]))
    assert found is not None
    printed = source(found.values(), Table)
    assert "column_class = columns.Relationship('Authors', 'manyToOne', two_way_key='books'" in printed
    assert "    cover_id = columns.String(size=3)" in printed
    assert "    cover2 = columns.Relationship('Authors', 'oneToOne', column='cover')" in printed
    inspected = classes_of(printed)
    with registered(*inspected):
        done = run_sync(plan(inspected))
        assert (done.is_empty, done.extras) == (True, [])
        ask("POST", "/tables/authors/rows", {"rowId": "a", "data": {"name": "A"}})
        assert migrated(*inspected) == []
