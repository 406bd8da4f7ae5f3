"""Which tables a change reaches: as computed from the declarations, and as the server in fact changes them."""

from __future__ import annotations

from itertools import product

import pytest

from django_appwrite_orm import Table, columns
from django_appwrite_orm.exceptions import ConfigurationError, PermissionDenied
from django_appwrite_orm.registry import registry
from django_appwrite_orm.relations.cascades import (
    affected_tables_of_delete,
    affected_tables_of_report,
    affected_tables_of_write,
    has_relationships,
    read_along,
    relationship_ends,
)
from tests.support.linked_tables import made, send
from tests.support.linked_tables import token as token_of

TYPES = ("oneToOne", "oneToMany", "manyToOne", "manyToMany")
ON_DELETE = ("restrict", "cascade", "setNull")


def pair(type: str, on_delete: str, two_way: bool) -> tuple[type[Table], type[Table]]:
    """Two tables: the first declares a relationship to the second."""

    class Far(Table):
        name = columns.String(size=20)

    class Near(Table):
        name = columns.String(size=20)
        far = columns.Relationship(Far, type, two_way_key="near" if two_way else None, on_delete=on_delete)

    return Near, Far


def rows_of(table: type[Table]) -> list[dict]:
    """The rows as a plain list shows them: their values and links. (The case of an id that leads nowhere is its
    former row's on Appwrite, and lost here.)"""
    found = send("GET", table.objects.ref.rows)["rows"]
    shown = ("$id", "name", "near", "far")
    return [{key: str(value).lower() for key, value in row.items() if key in shown} for row in found]


def linked(near: type[Table], far: type[Table], type: str) -> None:
    """A row on each side, linked, and another one on each that is not."""
    for table, id in ((near, "n2"), (far, "f1"), (far, "f2")):
        send("POST", table.objects.ref.rows, {"rowId": id, "data": {"name": id}})
    many = type in ("oneToMany", "manyToMany")
    send("POST", near.objects.ref.rows, {"rowId": "n1", "data": {"name": "n1", "far": ["f1"] if many else "f1"}})


@pytest.mark.parametrize("side", ["near", "far"])
@pytest.mark.parametrize(("type", "on_delete", "two_way"), list(product(TYPES, ON_DELETE, [True, False])))
def test_tables_affected_by_a_deletion(type: str, on_delete: str, two_way: bool, side: str) -> None:
    near, far = tables = pair(type, on_delete, two_way)
    with made(*tables):
        linked(near, far, type)
        before = {table: rows_of(table) for table in tables}
        deleted, id = (near, "n1") if side == "near" else (far, "f1")
        try:
            send("DELETE", deleted.objects.ref.row(id))
        except PermissionDenied:
            assert on_delete == "restrict"
            assert {table: rows_of(table) for table in tables} == before
            return
        changed = {table for table in tables if rows_of(table) != before[table]}
        if (type, on_delete, two_way, side) == ("manyToMany", "cascade", True, "far"):
            changed.add(near)  # a declaration does not say that the relationship was made from the near end
        if (type, on_delete, two_way, side) == ("oneToOne", "cascade", False, "far"):
            changed.add(near)  # left alone as the server's source has it; no recording says so
        assert set(affected_tables_of_delete(deleted)) == changed


@pytest.mark.parametrize("type", TYPES)
@pytest.mark.parametrize(("side", "two_way"), [("near", True), ("near", False), ("far", True)])
def test_tables_affected_by_writing_links(type: str, two_way: bool, side: str) -> None:
    near, far = tables = pair(type, "setNull", two_way)
    table, key, id = (near, "far", "f2") if side == "near" else (far, "near", "n2")
    with made(*tables):
        linked(near, far, type)
        before = {table: rows_of(table) for table in tables}
        found = next(one for one in relationship_ends(table) if one.key == key)
        value = [id] if found.type in ("oneToMany", "manyToMany") else id
        if type == "oneToOne" and two_way:
            value = None  # the server refuses to move a link that both ends show
        send("PATCH", table.objects.ref.row("n1" if side == "near" else "f1"), {"data": {key: value}})
        changed = {table for table in tables if rows_of(table) != before[table]}
        assert set(affected_tables_of_write(table, {key})) == changed | {table}
        assert affected_tables_of_write(table, {"name"}) == (table,)


def test_a_relationship_may_be_declared_where_it_was_not_made() -> None:
    """Made from one end, which is the one that cascades; declared, as it then is, from the other."""
    near, far = pair("manyToMany", "cascade", two_way=True)
    with made(near, far):
        linked(near, far, "manyToMany")
        registry.discard(near)

        class Near(Table):
            name = columns.String(size=20)

        class Far(Table):
            name = columns.String(size=20)
            near = columns.Relationship(Near, "manyToMany", two_way_key="far", on_delete="cascade")

        with made(Near, Far):
            send("DELETE", Near.objects.ref.row("n1"))
            assert [row["$id"] for row in rows_of(Far)] == ["f2"]
            assert set(affected_tables_of_delete(Near)) == {Near, Far}


def test_a_cascade_affects_the_tables_beyond() -> None:
    class Leaf(Table):
        name = columns.String(size=20)

    class Branch(Table):
        leaves = columns.Relationship(Leaf, "oneToMany", two_way_key="branch", on_delete="cascade")

    class Tree(Table):
        branches = columns.Relationship(Branch, "oneToMany", two_way_key="tree", on_delete="cascade")

    class Owner(Table):
        trees = columns.Relationship(Tree, "oneToMany", two_way_key="owner", on_delete="setNull")

    class Stranger(Table):
        leaf = columns.Relationship(Leaf, "manyToOne")

    with made(Leaf, Branch, Tree, Owner, Stranger):
        assert set(affected_tables_of_delete(Owner)) == {Owner, Tree}
        assert set(affected_tables_of_delete(Tree)) == {Tree, Branch, Leaf}
        assert set(affected_tables_of_delete(Branch)) == {Branch, Leaf}
        assert affected_tables_of_delete(Leaf) == (Leaf,)
        assert affected_tables_of_delete(Stranger) == (Stranger,)
        assert set(affected_tables_of_report(Tree, "rows", "delete")) == {Tree, Branch, Leaf}
        assert set(affected_tables_of_report(Tree, "rows", "update")) == {Tree, Branch}
        assert set(affected_tables_of_report(Tree, "columns", "delete")) == {Tree, Branch, Owner}
        assert [has_relationships(table) for table in (Owner, Leaf, Stranger)] == [True, True, True]


def test_cascades_in_a_cycle_end() -> None:
    class Person(Table):
        friends = columns.Relationship("self", "oneToMany", two_way_key="friend_of", on_delete="cascade")

    class Hen(Table):
        egg = columns.Relationship("Egg", "oneToOne", two_way_key="hen", on_delete="cascade")

    class Egg(Table):
        hen = columns.Relationship("Hen", "oneToOne", two_way_key="egg", on_delete="cascade")

    with made(Person, Hen, Egg):
        assert affected_tables_of_delete(Person) == (Person,)
        assert set(affected_tables_of_delete(Egg)) == set(affected_tables_of_delete(Hen)) == {Hen, Egg}
        assert [side.key for side in relationship_ends(Egg)] == ["hen"]
        assert [(side.key, side.type) for side in relationship_ends(Person)] == [
            ("friends", "oneToMany"),
            ("friend_of", "manyToOne"),
        ]


def test_a_relationship_out_of_sight_leaves_a_table_its_bulk_routes() -> None:
    near, far = pair("manyToOne", "setNull", two_way=False)
    with made(near, far):
        assert (has_relationships(near), has_relationships(far)) == (True, False)


def test_undeclared_relationships_affect_no_table() -> None:
    near, far = pair("manyToMany", "setNull", two_way=True)
    with made(near, far):
        assert read_along(near, ["name", "far.name", "far.near.name"]) == (far, near)
        assert read_along(near, ["other.name", "far.other.name"]) == (far,)


def test_a_relationship_to_an_unregistered_table_is_refused() -> None:
    class Lost(Table):
        other = columns.Relationship("Nowhere", "manyToOne")
        there = columns.Reference("Nowhere")

    near, far = pair("oneToMany", "setNull", two_way=True)
    with made(near, far):  # others get along with it
        registry.add(Lost)
        try:
            assert set(affected_tables_of_delete(near)) == {near, far}
            assert not hasattr(near.objects.create(name="n"), "lost_set")
        finally:
            registry.discard(Lost)
    with pytest.raises(ConfigurationError, match=r"Lost.other cannot be followed. There is no table 'Nowhere'"):
        affected_tables_of_delete(Lost)
    assert token_of(Lost) is None
