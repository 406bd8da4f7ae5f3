"""Migrations of relationships: created after their tables, changed or refused with advice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from django_appwrite_orm import Table, columns
from django_appwrite_orm.connection import connections
from django_appwrite_orm.exceptions import ConfigurationError, SchemaError
from django_appwrite_orm.plans import Request
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import MigrationOptions, plan
from django_appwrite_orm.transport.client import Reply
from django_appwrite_orm.transport.features import Features
from tests.support.costs import counted
from tests.support.migrations import answering, ask, authors, books, columns_of, migrated, refused, registered, table

Relationship = columns.Relationship


def links(id: str, *names: str) -> dict[str, list[Any]]:
    """Return the relationship columns on the server, with these of their options."""
    names = names or ("relationType", "relatedTable", "twoWay", "onDelete", "side")
    found = {key: one for key, one in columns_of(id).items() if one["type"] == "relationship"}
    return {key: [one[name] for name in names] for key, one in found.items()}


def settled(*tables: type[Table]) -> bool:
    found = run_sync(plan(tables))
    return found.is_empty and not found.extras


class TestCreating:
    def test_a_relationship_is_created_once_when_both_tables_exist(self) -> None:
        author = authors()
        # The table that leads there comes first.
        book = books(Relationship(author, "manyToOne", two_way_key="books", on_delete="cascade"))
        with counted() as costs:
            lines = migrated(book, author)
        assert lines[-1] == (
            "Add column books.author (relationship, manyToOne to authors, two-way as books, on delete cascade)"
        )
        assert links("books") == {"author": ["manyToOne", "authors", True, "cascade", "parent"]}
        assert links("authors") == {"books": ["manyToOne", "books", True, "cascade", "child"]}
        assert sum("relationship" in request for request in costs.requests) == 1
        assert migrated(book, author) == []
        assert settled(book, author), "the other side's column is not an undeclared one"

    def test_both_sides_declared_are_one_relationship(self) -> None:
        author = authors()
        book = books(Relationship(author, "manyToOne", two_way_key="books", on_delete="setNull"))
        other = authors(books=Relationship(book, "oneToMany", two_way_key="author", on_delete="setNull"))
        assert sum("relationship" in line for line in migrated(other, book)) == 1
        assert links("authors") == {"books": ["oneToMany", "books", True, "setNull", "parent"]}
        for order in ((other, book), (book, other), (author, book), (book,)):
            assert settled(*order)

    def test_several_one_way_relationships_to_a_table_do_not_clash(self) -> None:
        author = authors()
        book = books(
            Relationship(author, "manyToOne"),
            editor=Relationship(author, "manyToOne", column="redactor"),
            readers=Relationship(author, "manyToMany"),
            fans=Relationship(author, "oneToMany"),
            owner=Relationship(author, "oneToOne"),
        )
        migrated(author, book)
        assert {key: one[0] for key, one in links("books").items()} == {
            "author": "manyToOne", "redactor": "manyToOne", "readers": "manyToMany", "fans": "oneToMany",
            "owner": "oneToOne",
        }  # fmt: skip
        assert links("authors") == {}
        assert settled(author, book)

    def test_a_table_with_itself_and_one_to_another_by_label(self) -> None:
        tree = table("trees", up=Relationship("self", "manyToOne", two_way_key="down"))
        migrated(tree)
        assert set(links("trees")) == {"up", "down"}
        assert settled(tree)

    def test_a_missing_and_an_unknown_target_table_are_errors(self) -> None:
        migrated(table(a=columns.Boolean()))
        refused(books(Relationship(authors(), "manyToOne")), match="its table authors does not exist; migrate that one")
        with pytest.raises(ConfigurationError, match=r"Things\.author cannot be followed"):
            migrated(books(Relationship("Nobody", "manyToOne")))

    def test_a_taken_key_on_the_other_side_is_an_error(self) -> None:
        migrated(authors())
        author = table("authors", other=columns.Boolean())
        book = books(Relationship(author, "manyToOne", two_way_key="NAME"))
        refused(author, book, match=r"key of its other side is taken by authors\.name \(string\(9\)\)")

    def test_an_index_over_a_relationship_is_refused(self) -> None:
        from django_appwrite_orm import Index

        author = authors()
        book = table("books", {"indexes": [Index("author_id")]}, author=Relationship(author, "manyToOne"))
        with pytest.raises(ConfigurationError, match="'author_id', which is not a column that Appwrite can index"):
            migrated(author, book)


class TestChanging:
    @pytest.fixture(autouse=True)
    def made(self) -> None:
        author = authors()
        migrated(author, books(Relationship(author, "manyToOne", two_way_key="books", on_delete="cascade")))
        ask("POST", "/tables/authors/rows", {"rowId": "ann", "data": {"name": "Ann"}})
        ask("POST", "/tables/books/rows", {"rowId": "b", "data": {"title": "B", "author": "ann"}})

    @pytest.fixture(autouse=True)
    def keeps_its_links(self, made: None) -> Iterator[None]:
        yield
        row = ask("GET", "/tables/books/rows/b")
        assert "ann" in row.values()

    def changed(self, *tables: type[Table]) -> list[str]:
        lines = migrated(*tables)
        assert settled(*tables)
        return lines

    def test_on_delete_is_changed_in_place(self) -> None:
        author = authors()
        book = books(Relationship(author, "manyToOne", two_way_key="books", on_delete="setNull"))
        assert self.changed(author, book) == ["Change column books.author: on delete cascade → setNull"]
        assert links("books", "onDelete") == {"author": ["setNull"]}
        assert links("authors", "onDelete") == {"books": ["setNull"]}

    def test_a_rename_keeps_on_delete(self) -> None:
        author = authors()
        writer = Relationship(author, "manyToOne", two_way_key="books", on_delete="cascade", renamed_from="author")
        book = table("books", title=columns.String(size=9), writer=writer)
        assert self.changed(author, book) == ["Rename column books.author to writer"]
        assert links("books", "onDelete", "twoWayKey") == {"writer": ["cascade", "books"]}
        assert links("authors", "onDelete", "twoWayKey") == {"books": ["cascade", "writer"]}

    @pytest.mark.parametrize("first", ["author", "book"])
    def test_the_key_of_the_other_side_is_renamed(self, first: str) -> None:
        author = authors()
        book = books(Relationship(author, "manyToOne", two_way_key="works", on_delete="restrict"))
        order = (author, book) if first == "author" else (book, author)
        lines = migrated(*order, rules=MigrationOptions(prune=True, allow_destructive=True))
        assert lines == [
            "Rename column authors.books to works; change column authors.books: on delete cascade → restrict"
        ]
        assert links("authors", "onDelete") == {"works": ["restrict"]}
        assert settled(author, book)

    def test_both_keys_are_renamed_if_both_sides_are_declared(self) -> None:
        author, title = authors(), columns.String(size=9)
        book = table(
            "books",
            title=title,
            writer=Relationship(author, "manyToOne", two_way_key="works", on_delete="cascade", renamed_from="author"),
        )
        both = authors(
            works=Relationship(book, "oneToMany", two_way_key="writer", on_delete="cascade", renamed_from="books")
        )
        self.changed(both, book)
        assert links("books", "twoWayKey") == {"writer": ["works"]}
        assert links("authors", "twoWayKey") == {"works": ["writer"]}

    def test_a_rename_to_a_taken_key_is_an_error(self) -> None:
        author = table("authors", other=columns.Boolean())
        book = books(Relationship(author, "manyToOne", two_way_key="name", on_delete="cascade"))
        refused(author, book, match=r"is taken by authors\.name")

    @pytest.mark.parametrize(
        ("type", "options", "names"),
        [
            ("manyToOne", {}, "twoWay and twoWayKey"),
            ("oneToOne", {"two_way_key": "books"}, "relationType"),
            ("manyToMany", {"two_way_key": "books"}, "relationType"),
        ],
    )
    def test_another_kind_of_relationship_is_refused_with_the_steps(
        self, type: str, options: dict[str, Any], names: str
    ) -> None:
        author = authors()
        book = books(Relationship(author, type, on_delete="cascade", **options))
        refused(author, book, match=f"cannot change {names} of it. Declare it with another key")

    def test_another_target_table_is_refused(self) -> None:
        refused(books(Relationship("self", "manyToOne", two_way_key="books")), match="cannot change relatedTable")

    @pytest.mark.parametrize(("version", "tail"), [("1.9.6", "author/relationship"), ("2.5.0", "relationship/author")])
    def test_a_change_uses_the_route_of_the_servers_version(self, version: str, tail: str) -> None:
        author = authors()
        book = books(Relationship(author, "manyToOne", two_way_key="books"))
        connections["default"].client.features = Features.of(version)
        with counted() as costs:
            migrated(author, book)
        assert [one for one in costs.requests if "PATCH" in one] == [
            f"PATCH /tablesdb/library/tables/books/columns/{tail}"
        ]


class TestWhatNobodyDeclares:
    def test_an_undeclared_relationship_is_reported_kept_and_pruned_once(self) -> None:
        author = authors()
        migrated(author, books(Relationship(author, "manyToOne", two_way_key="books")))
        plain = table("books", title=columns.String(size=9))
        assert len(run_sync(plan([author, plain])).extras) == 2
        refused(author, plain, match="takes --allow-destructive", rules=MigrationOptions(prune=True))
        with counted() as costs:
            migrated(author, plain, rules=MigrationOptions(prune=True, allow_destructive=True))
        assert sum("DELETE" in request for request in costs.requests) == 1
        assert (links("books"), links("authors")) == ({}, {})


def test_a_failed_relationship_is_rebuilt_when_it_is_declared() -> None:
    tree = table("trees", a=columns.Boolean())
    migrated(tree)
    ask("POST", "/tables/trees/columns/relationship", {"relatedTableId": "trees", "type": "manyToOne", "key": "up"})
    assert columns_of("trees")["up"]["status"] == "failed"
    whole = table("trees", a=columns.Boolean(), up=Relationship("self", "manyToOne", two_way_key="down"))
    assert "which Appwrite failed to build" in migrated(whole)[0]
    assert settled(whole)


def test_a_pruned_many_to_many_allows_another_one() -> None:
    author = authors()
    migrated(author, books(Relationship(author, "manyToMany", two_way_key="books")))
    other = table("books", title=columns.String(size=9), writers=Relationship(author, "manyToMany"))
    refused(author, other, match="one manyToMany between two tables, and there is author. Drop that one first")
    allowed = MigrationOptions(prune=True, allow_destructive=True)
    both = books(Relationship(author, "manyToMany", two_way_key="books"), writers=Relationship(author, "manyToMany"))
    refused(author, both, match="and there is author", rules=allowed)
    migrated(author, other, rules=allowed)
    assert (set(links("books")), links("authors")) == ({"writers"}, {})


@pytest.mark.parametrize(
    "side",
    [
        columns.String(size=9),
        Relationship("books", "oneToMany", two_way_key="author"),
        Relationship("books", "manyToMany", two_way_key="author", on_delete="setNull"),
    ],
)
def test_sides_that_differ_are_refused_before_anything_is_asked(side: Any) -> None:
    author = authors(books=side)
    book = books(Relationship(author, "manyToOne", two_way_key="books", on_delete="setNull"))
    with registered(book), counted() as costs:
        if isinstance(side, Relationship):
            side.to = book
        with pytest.raises(ConfigurationError, match="contradict each other"):
            migrated(book, author)
    assert all(one.startswith("GET") for one in costs.requests)


def test_the_case_of_a_tables_id_makes_no_difference() -> None:
    author = authors()
    migrated(author, books(Relationship(author, "manyToOne", two_way_key="books")))
    shouted = table("AUTHORS", {"name": "authors", "id": "AUTHORS"}, name=columns.String(size=9))
    assert settled(books(Relationship(shouted, "manyToOne", two_way_key="books")), shouted)


class TestToItself:
    """Of a table with itself Appwrite builds oneToMany and manyToMany alone; the local Appwrite fails as it does."""

    @pytest.mark.parametrize("type", ["oneToMany", "manyToMany"])
    @pytest.mark.parametrize("two_way_key", [None, "back"])
    def test_a_to_many_relationship_to_itself_is_created_and_read_back(
        self, type: str, two_way_key: str | None
    ) -> None:
        tree = table("trees", links=Relationship("self", type, two_way_key=two_way_key))
        migrated(tree)
        assert {one["status"] for one in columns_of("trees").values()} == {"available"}
        assert settled(tree)

    @pytest.mark.parametrize("both", [False, True])
    def test_a_many_to_one_to_itself_is_created_from_its_other_side(self, both: bool) -> None:
        other = {"down": Relationship("self", "oneToMany", two_way_key="up", on_delete="setNull")} if both else {}
        tree = table("trees", up=Relationship("self", "manyToOne", two_way_key="down", on_delete="setNull"), **other)
        with registered(tree):
            assert migrated(tree)[-1] == (
                "Add column trees.up (relationship, manyToOne to trees, two-way as down, on delete setNull)"
            )
            assert links("trees") == {
                "down": ["oneToMany", "trees", True, "setNull", "parent"],
                "up": ["oneToMany", "trees", True, "setNull", "child"],
            }
            assert settled(tree)
            root = tree.objects.create(id="root")
            tree.objects.create(id="leaf", up=root)
            assert tree.objects.uncached().get(pk="leaf").up_id == "root"

    @pytest.mark.parametrize(("type", "two_way_key"), [("oneToOne", None), ("oneToOne", "b"), ("manyToOne", None)])
    def test_relationships_to_itself_that_appwrite_cannot_build_are_refused(
        self, type: str, two_way_key: str | None
    ) -> None:
        migrated(table("trees", a=columns.Boolean()))
        tree = table("trees", a=columns.Boolean(), link=Relationship("self", type, two_way_key=two_way_key))
        refused(tree, match=r"column trees\.link: Appwrite cannot build a (oneToOne|one-way manyToOne) of a table with")

    def test_links_without_another_side_are_written_and_read(self) -> None:
        tree = table("trees", parts=Relationship("self", "oneToMany", related_name="+"))
        with registered(tree):
            migrated(tree)
            leaf = tree.objects.create(id="leaf")
            root = tree.objects.create(id="root")
            root.parts = [leaf]
            root.save()
            assert [one.id for one in tree.objects.uncached().get(pk="root").parts.all()] == ["leaf"]


class TestOneAfterTheOther:
    def test_the_next_relationship_is_added_when_the_one_before_is_built(self) -> None:
        author, reader = authors(), table("readers", a=columns.Boolean())
        book = books(
            Relationship(author, "manyToOne", two_way_key="books"),
            readers=Relationship(reader, "manyToMany", two_way_key="books"),
            owner=Relationship(reader, "oneToOne"),
        )
        shop = table("shops", stock=Relationship(book, "oneToMany"))
        looks: dict[str, int] = {}  # how often it was seen
        asked: list[str] = []
        unfinished: list[set[str]] = []  # what was not seen as available when another one was asked for

        def slow(request: Request, reply: Reply) -> Reply:
            """A relationship is shown as processing the first two times."""
            if request.path.endswith("/relationship"):
                unfinished.append({key for key in asked if looks.get(key, 0) < 3})
                asked.append(request.body["key"])
            if request.method != "GET" or "tables" not in (data := json.loads(reply.text)):
                return reply
            for column in (column for one in data["tables"] for column in one["columns"] if column["key"] in asked):
                looks[column["key"]] = looks.get(column["key"], 0) + 1
                if looks[column["key"]] < 3:
                    column["status"] = "processing"
            return reply._replace(text=json.dumps(data))

        with answering(slow):
            migrated(author, reader, book, shop)
        assert asked == ["author", "readers", "owner", "stock"]
        assert unfinished == [set()] * 4
        assert settled(author, reader, book, shop)

    def test_an_unfinished_relationship_of_another_table_is_waited_for(self) -> None:
        author, tag = authors(), table("tags", a=columns.Boolean())
        migrated(author, tag, table("labels", tag=Relationship(tag, "manyToOne")))
        with (
            failing({"labels.tag": "processing"}),
            pytest.raises(SchemaError, match=r"Not finished .* column labels\.tag is processing"),
        ):
            migrated(books(Relationship(author, "manyToOne")), timeout=0)


class TestFailed:
    """A relationship that Appwrite failed to build: deleting the side that asked takes the other one along."""

    def tables(self) -> list[type[Table]]:
        author = authors()
        return [author, books(Relationship(author, "manyToOne", two_way_key="books"))]

    @pytest.mark.parametrize("sides", [("failed", "failed"), ("failed", "processing"), ("failed", "available")])
    def test_the_next_run_drops_a_failed_relationship_and_builds_it_again(self, sides: tuple[str, str]) -> None:
        tables = self.tables()
        migrated(*tables)
        with failing({"books.author": sides[0], "authors.books": sides[1]}):
            lines = migrated(*tables)
        assert [line.split(" (")[0] for line in lines] == ["Drop column books.author", "Add column books.author"]
        assert "no room" in lines[0]
        assert settled(*tables)
        assert set(links("books")) | set(links("authors")) == {"author", "books"}

    def test_a_failed_other_side_alone_is_dropped_too(self) -> None:
        author, book = self.tables()
        migrated(author, book)
        with failing({"books.author": "", "authors.books": "failed"}):
            lines = migrated(author, book)
        assert [line.split(" (")[0] for line in lines] == ["Drop column authors.books", "Add column books.author"]
        assert settled(author, book)

    def test_a_failed_relationship_to_itself_is_rebuilt(self) -> None:
        tree = table("trees", up=Relationship("self", "manyToOne", two_way_key="down"))
        migrated(tree)
        with failing({"trees.up": "failed", "trees.down": "failed"}):
            lines = migrated(tree)
        assert [line.split(" (")[0] for line in lines] == ["Drop column trees.up", "Add column trees.up"]
        assert settled(tree)


def failing(states: dict[str, str]) -> Any:
    """Until a column is deleted, these relationship columns are shown in these states; the empty one: not at all."""
    seen = {"dropped": False}

    def change(request: Request, reply: Reply) -> Reply:
        seen["dropped"] |= request.method == "DELETE"
        if request.method != "GET" or seen["dropped"] or "tables" not in (data := json.loads(reply.text)):
            return reply
        for one in data["tables"]:
            for column in list(one["columns"]):
                state = states.get(f"{one['$id']}.{column['key']}")
                if state == "":
                    one["columns"].remove(column)
                elif state is not None:
                    column.update(status=state, error="no room" if state == "failed" else "")
        return reply._replace(text=json.dumps(data))

    return answering(change)
