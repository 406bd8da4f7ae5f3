"""From any schema with rows to any other one: refused with nothing changed, or no difference left and every row
intact; killed anywhere in between, the next run gets there."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
from django.core.cache import caches
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from django_appwrite_orm import Index, Table, columns
from django_appwrite_orm.connection import connections
from django_appwrite_orm.exceptions import SchemaError
from django_appwrite_orm.interchange.codegen import source
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import MigrationOptions, declared_table, plan, read_tables
from django_appwrite_orm.transport import close_local
from tests.support.generated_tables import classes_of
from tests.support.interruptions import Killed, failing
from tests.support.migrations import ask, migrated, registered, table

pytestmark = pytest.mark.slow

TEXT = st.text("abc1 ", max_size=6)
WHOLE = st.integers(-20, 20)


@dataclass(frozen=True)
class Kind:
    make: Any
    options: st.SearchStrategy[dict[str, Any]]
    values: st.SearchStrategy[Any]
    convert: Any  # from the JSON of any other kind


def sized() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"size": st.integers(3, 9)})


def ranged() -> st.SearchStrategy[dict[str, Any]]:
    bounds = st.sampled_from([None, -10, 0])
    return st.fixed_dictionaries({"min": bounds, "max": st.sampled_from([None, 10, 2**40])})


KINDS = {
    "string": Kind(columns.String, sized(), TEXT, lambda old: str(old)[:3]),
    "varchar": Kind(columns.Varchar, sized(), TEXT, lambda old: str(old)[:3]),
    "text": Kind(columns.Text, st.just({}), TEXT, str),
    "enum": Kind(
        columns.Enum,
        st.fixed_dictionaries({"elements": st.sampled_from([["a"], ["a", "b"], ["b", "a", "c1"]])}),
        st.sampled_from(["a", "b", "c1"]),
        lambda old: "a",
    ),
    "integer": Kind(columns.Integer, ranged(), WHOLE, lambda old: len(str(old))),
    "bigint": Kind(columns.BigInt, ranged(), WHOLE, lambda old: len(str(old))),
    "float": Kind(columns.Float, ranged(), WHOLE.map(lambda number: number / 4), lambda old: len(str(old)) / 4),
    "boolean": Kind(columns.Boolean, st.just({}), st.booleans(), bool),
    "secret": Kind(
        partial(columns.String, encrypt=True),
        st.fixed_dictionaries({"size": st.integers(150, 152)}),
        TEXT,
        lambda old: str(old)[:3],
    ),
    "point": Kind(columns.Point, st.just({}), st.tuples(WHOLE, WHOLE), lambda old: (len(str(old)), 0)),
}
NOT_INDEXED = ("text", "secret", "point")


@dataclass(frozen=True)
class Link:
    """A relationship of the table to another one, under the key `link`."""

    type: str
    back: str | None
    on_delete: str

    def column(self, other: type[Table]) -> columns.Relationship:
        return columns.Relationship(other, self.type, two_way_key=self.back, on_delete=self.on_delete)


LINKS = st.builds(
    Link,
    st.sampled_from(["manyToOne", "oneToOne", "oneToMany", "manyToMany"]),
    st.sampled_from([None, "back", "other"]),
    st.sampled_from(["restrict", "cascade", "setNull"]),
)


@dataclass(frozen=True)
class Drawn:
    """A column to be, and what may stand in it."""

    kind: str
    options: dict[str, Any]
    array: bool
    required: bool
    default: Any
    converts: bool
    renamed_from: str | None = None

    @property
    def values(self) -> st.SearchStrategy[Any]:
        one = KINDS[self.kind].values
        return st.lists(one, max_size=2) if self.array else one if self.required else st.none() | one

    def column(self) -> columns.Column:
        kind = KINDS[self.kind]
        convert = (lambda old: [kind.convert(old)]) if self.array else kind.convert
        return kind.make(
            **self.options, array=self.array, required=self.required, default=self.default,
            convert=convert if self.converts else None, renamed_from=self.renamed_from,
        )  # fmt: skip


@st.composite
def drawn(draw: Any) -> Drawn:
    kind = draw(st.sampled_from(list(KINDS)))
    array = kind != "point" and draw(st.booleans())
    default = None if array else draw(st.none() | KINDS[kind].values)
    one = Drawn(kind, draw(KINDS[kind].options), array, draw(st.booleans()), default, draw(st.booleans()))
    return one if default is None or fits(one, default) else replace(one, default=None)


def declared(given_columns: dict[str, Drawn], indexed: list[str], link: Link | None) -> list[type[Table]]:
    """The table, and the one that it may be linked to."""
    made = {key: one.column() for key, one in given_columns.items()}
    able = [
        key for key in indexed if key in made and not made[key].array and given_columns[key].kind not in NOT_INDEXED
    ]
    others = table("others", name=columns.Boolean())
    links = {} if link is None else {"link": link.column(others)}
    return [table("things", {"indexes": [Index(key) for key in able]}, **made, **links), others]


def fits(one: Drawn, value: Any) -> bool:
    column = one.column().bound("x")
    try:
        column.clean(value)
    except ValidationError:
        return False
    return True


@st.composite
def worlds(draw: Any) -> tuple[Any, ...]:
    old = draw(st.dictionaries(st.sampled_from("abc"), drawn(), min_size=1))
    kept = {key: draw(st.just(one) | drawn()) for key, one in old.items() if draw(st.booleans())}
    new = kept | draw(st.dictionaries(st.sampled_from("de"), drawn(), max_size=1))
    gone = sorted(old.keys() - new.keys())
    if gone and "d" in new:
        new["d"] = replace(new["d"], renamed_from=gone[0])
    rows = draw(st.lists(st.fixed_dictionaries({key: one.values for key, one in old.items()}), max_size=4))
    rows = [row for row in rows if all(fits(old[key], value) for key, value in row.items())]
    indexed = [draw(st.lists(st.sampled_from("abcd"), unique=True, max_size=2)) for _ in range(2)]
    link = draw(st.none() | LINKS)
    links = (
        link,
        draw(st.sampled_from([link, link and replace(link, on_delete="cascade", back=link.back and "new")]) | LINKS),
    )
    return old, new or old, rows, indexed, links, draw(st.integers(0, 14)), draw(st.booleans())


def rows_of(id: str = "things") -> dict[str, dict[str, Any]]:
    found = ask("GET", f"/tables/{id}/rows")["rows"]
    return {row["$id"]: {key: value for key, value in row.items() if not key.startswith("$")} for row in found}


def expected(one: Drawn, converted: bool, value: Any) -> Any:
    """Return what a row's value becomes according to the documentation."""
    column = one.column().bound("x")
    if value is None:
        value = one.default if one.required else None
    elif converted and one.converts:
        value = column.convert(value)  # type: ignore[misc]
    return ([] if one.array else None) if value is None else column.to_appwrite(column.clean(value))


def check(old: dict[str, Drawn], new: dict[str, Drawn], before: dict[str, Any]) -> None:
    after = rows_of()
    assert after.keys() == before.keys()
    for id, row in after.items():
        for key, value in before[id].items():
            targets = [name for name, one in new.items() if one.renamed_from == key] or [key]
            (name,) = targets
            kept = f"{name}__before"
            if name not in new:
                assert row[key] == value
                continue
            if kept in row:
                assert row[kept] == value
            assert row[name] == expected(new[name], kept in row, value), (name, value)


@settings(max_examples=150)
@given(worlds())
def test_any_change(world: Any) -> None:
    old, new, rows, (old_indexed, new_indexed), (old_link, new_link), at, applied = world
    caches["default"].clear()
    connections.reset()
    close_local(":memory:")
    new_tables = declared(new, new_indexed, new_link)
    migrated(*declared(old, old_indexed, old_link))
    for number, row in enumerate(rows):
        linked = {"link": f"o{number}"} if old_link is not None and old_link.type.endswith("One") else {}
        ask("POST", "/tables/things/rows", {"rowId": f"r{number}", "data": row | linked})
    schema, before = ask("GET", "/tables"), rows_of()

    interrupted = False
    try:
        with failing(at, Killed, applied=applied) if at else contextlib.nullcontext():
            migrated(*new_tables)
    except SchemaError:
        assert (ask("GET", "/tables"), rows_of()) == (schema, before)
        return
    except Killed:
        interrupted = True
    if interrupted:
        migrated(*new_tables)
    assert run_sync(plan(new_tables)).is_empty
    check(old, new, before)

    allowed = MigrationOptions(prune=True, allow_destructive=True)
    migrated(*new_tables, rules=allowed)
    found = run_sync(read_tables(connections["default"]))
    assert found is not None
    assert found["things"].columns.keys() == declared_table(new_tables[0]).state.columns.keys()
    inspected = classes_of(source(found.values(), Table))
    with registered(*inspected):
        done = run_sync(plan(inspected))
        assert (done.is_empty, done.extras) == (True, [])
