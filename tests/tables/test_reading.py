"""Rows and values made of a page: the same as those of a row made alone, whatever Appwrite sent."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st

from django_appwrite_orm import Table, columns
from django_appwrite_orm.credentials import ConnectionRef, Credentials
from django_appwrite_orm.plans import ColumnarRows, Prepared
from django_appwrite_orm.tables import read_rows, read_values
from tests.support.library.tables import Everything
from tests.support.raw_rows import SYSTEM

WHOLE = st.integers() | st.sampled_from([0, 1, True, 10**400])
RAW_VALUES = st.none() | WHOLE | st.floats(allow_nan=False) | st.text(max_size=3) | st.lists(WHOLE, max_size=2)
KEYS = [column.key for column in Everything._meta.columns.values()]
NAMES = ["id", "sequence", "created_at", "updated_at", *Everything._meta.columns]


@st.composite
def pages(draw: st.DrawFn) -> list[dict[str, Any]]:
    keys = draw(st.lists(st.sampled_from([*KEYS, "unknown"]), unique=True, max_size=5))
    own = draw(st.lists(st.tuples(*[RAW_VALUES for _ in keys]), min_size=1, max_size=3))
    ids = [{**SYSTEM, "$id": f"b{place}"} for place in range(len(own))]
    return [{**ids[place], **dict(zip(keys, values, strict=True))} for place, values in enumerate(own)]


def shown(row: Any) -> dict[str, str]:
    """Return what each attribute is, or the error that reading it raises."""
    values: dict[str, str] = {"raw": repr(row._raw), "using": row._using, "permissions": repr(row.permissions)}
    for name in ("id", "sequence", "created_at", *row._meta.columns):
        try:
            values[name] = repr(getattr(row, name))
        except Exception as error:
            values[name] = repr(error)
    return values


def of_rows(rows: list[Any], name: str) -> list[str]:
    """Return the attribute of each row, or the first error that reading it raises."""
    try:
        return [repr(getattr(row, name)) for row in rows]
    except Exception as error:
        return [repr(error)]


def of_page(page: Any, name: str) -> list[str]:
    try:
        (values,) = read_values(Everything, page, "default", [name])
    except Exception as error:
        return [repr(error)]
    return [repr(value) for value in values]


def keep(rows: ColumnarRows, prepared: Prepared) -> bool:
    """Keep what is prepared of a page, as the process cache does."""
    rows.prepared = prepared
    return True


def page_of(raws: list[dict[str, Any]]) -> ColumnarRows:
    """Return a page that keeps what its readers prepare."""
    page = ColumnarRows.of(raws)
    assert page is not None
    page.keep = keep
    return page


def whole(number: object) -> dict[str, Any]:
    return {**SYSTEM, "float": number}


@given(pages())
@example([whole(9), whole(9.5), whole(None)])
@example([whole(9), whole("text")])
@example([whole("9"), whole("9")])
@example([whole(10**400), whole(1)])
@example([whole(True), whole(1.5)])
@example([{**SYSTEM, "float": 1}, SYSTEM])
def test_a_row_of_a_page_is_the_row_that_is_made_alone(raws: list[dict[str, Any]]) -> None:
    alone = [shown(Everything.from_appwrite(copy.deepcopy(raw), "default")) for raw in raws]
    assert [shown(row) for row in read_rows(Everything, raws, "default")] == alone
    by_column = ColumnarRows.of(raws)
    if by_column is not None:
        by_column.keep = keep
        for _ in range(3):  # of the page itself, prepared, and of what was prepared
            assert [shown(row) for row in read_rows(Everything, by_column, "default")] == alone
        assert by_column.prepared is not None
        columns = {name: of_page(by_column, name) for name in NAMES}
        assert columns == {name: of_page(raws, name) for name in NAMES}
        rows = read_rows(Everything, raws, "default")
        assert columns == {name: of_rows(rows, name) for name in NAMES}
        duplicates = [pickle.loads(pickle.dumps(row)) for row in read_rows(Everything, by_column, "default")]
        assert [shown(row) for row in duplicates] == alone


class Nested(Table):
    string = columns.String(size=9)
    integer = columns.Integer()
    strings = columns.String(size=9, array=True)
    document = columns.JSON()


def test_rows_of_a_page_change_independently() -> None:
    own = {"string": "a", "strings": ["x"], "document": '[{"tags":["x"],"more":{"deep":["x"]}}]'}
    raws = [{**SYSTEM, "$id": f"b{n}", "integer": n, **copy.deepcopy(own)} for n in range(3)]
    page = page_of(raws)
    for _ in range(3):
        first, second, third = read_rows(Nested, page, "default")
        first.string, first.integer = "b", 5
        first.strings.append("y")
        first.permissions.append("z")
        first.document["more"]["deep"].append("y")
        first.note = "of this row alone"
        duplicate = copy.copy(second)
        duplicate.string = "c"
        document = '[{"tags":["x"],"more":{"deep":["x","y"]}}]'
        assert first._changes() == {"string": "b", "integer": 5, "strings": ["x", "y"], "document": document}
        assert (second.string, second.integer, second.strings, second._changes()) == ("a", 1, ["x"], {})
        assert not hasattr(second, "note")
        second._load({**SYSTEM, "string": "other"})
        second._forget()
        assert third.to_appwrite() == raws[2]
        third.to_appwrite()["strings"].append("w")
        assert list(page) == raws


def test_what_is_prepared_of_a_page_serves_one_table_on_one_connection() -> None:
    class Few(Table):
        string = columns.String(size=9)

        def __setattr__(self, name: str, value: Any) -> None:
            super().__setattr__(name, value.upper() if name == "string" else value)

    page = page_of([{**SYSTEM, "$id": f"b{n}", "string": "a", "integer": n} for n in range(2)])
    for _ in range(3):
        row, _ = read_rows(Everything, page, "default")
        assert (type(row), row.integer, row._using) == (Everything, 0, "default")
        few, _ = read_rows(Few, page, "default")
        assert (type(few), few.string, hasattr(few, "integer")) == (Few, "a", False)
        few.string = "b"
        assert few.string == "B"
        other, _ = read_rows(Everything, page, "other")
        assert (type(other), other.integer, other._using) == (Everything, 0, "other")


def test_nothing_that_holds_a_users_secret_is_kept() -> None:
    page = page_of([{**SYSTEM, "$id": f"b{n}", "string": "a"} for n in range(2)])
    user = ConnectionRef("default", Credentials.of_user(jwt="secret"))
    for _ in range(3):
        assert [row._using for row in read_rows(Everything, page, user)] == [user, user]
    assert page.prepared is None


def test_nothing_is_prepared_of_a_page_that_is_read_once_or_has_no_room() -> None:
    offered: list[Prepared] = []

    def refuse(rows: ColumnarRows, prepared: Prepared) -> bool:
        offered.append(prepared)
        return False

    page = page_of([{**SYSTEM, "$id": f"b{n}", "string": "a"} for n in range(2)])
    page.keep = refuse
    read_rows(Everything, page, "default")
    assert (offered, page.prepared) == ([], None)
    for _ in range(3):
        rows = read_rows(Everything, page, "default")
        rows[0].string = "b"
        assert rows[1].string == "a"
    assert len(offered) == 1


def test_values_of_a_page_change_independently() -> None:
    raws = [{**SYSTEM, "$id": f"b{n}", "strings": ["x"], "integers": [n]} for n in range(3)]
    page = ColumnarRows.of(raws)
    assert page is not None
    for values in read_values(Everything, page, "default", ["strings", "integers"]):
        values[0].append("y")
    assert list(page) == raws
    assert read_values(Everything, page, "default", ["strings", "integers"]) == [[["x"]] * 3, [[0], [1], [2]]]


class OwnInit(Table):
    text = columns.String(size=9)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.seen = timezone.now()


class OwnNew(Table):
    text = columns.String(size=9)

    def __new__(cls, **values: Any) -> Any:
        row = super().__new__(cls)
        vars(row)["seen"] = True
        return row


class OwnReader(Table):
    text = columns.String(size=9)

    @classmethod
    def from_appwrite(cls, raw: dict[str, Any], using: Any) -> Any:
        row = super().from_appwrite({**raw, "text": raw["text"].upper()}, using)
        row.seen = True
        return row


class ChangingReader(Table):
    text = columns.String(size=9)
    words = columns.String(size=9, array=True)

    @classmethod
    def from_appwrite(cls, raw: dict[str, Any], using: Any) -> Any:
        raw["text"] += "!"
        raw["words"].append("more")
        return super().from_appwrite(raw, using)


@pytest.mark.parametrize("number", [1, 2])
def test_a_reader_of_a_table_may_change_what_it_gets(number: int) -> None:
    """Else it would change what the process cache keeps, and each reader would see the changes of those before it."""
    raws: Any = ColumnarRows.of([{**SYSTEM, "$id": f"b{n}", "text": "a", "words": ["b"]} for n in range(number)])
    raws = raws or [{**SYSTEM, "$id": "b0", "text": "a", "words": ["b"]}]
    for _ in range(2):
        rows = read_rows(ChangingReader, raws, "default")
        assert [(row.text, row.words) for row in rows] == [("a!", ["b", "more"])] * number


class BelowOwnReader(OwnReader):
    more = columns.String(size=9)


@pytest.mark.parametrize("table", [OwnInit, OwnNew, OwnReader, BelowOwnReader])
def test_a_table_that_makes_its_rows_itself_makes_those_of_pages(table: Any) -> None:
    raws = [{**SYSTEM, "$id": f"b{n}", "text": f"t{n}"} for n in range(2)]
    for row in read_rows(table, raws, "default"):
        assert row.seen
        assert row.text.lower() == f"t{row.id[1:]}"


class ReadUpper(columns.String[str]):
    def __get__(self, row: Any, owner: Any) -> Any:
        value = super().__get__(row, owner)
        return self if row is None else value.upper()


class OwnColumn(Table):
    text = ReadUpper(size=9)


class OwnAttributes(Table):
    text = columns.String(size=9)

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        return value.upper() if name == "text" else value


class OwnDate(Table):
    text = columns.String(size=9)

    @property
    def created_at(self) -> Any:
        return f"created {super().created_at:%Y}"


@pytest.mark.parametrize("table", [OwnReader, BelowOwnReader, OwnColumn, OwnAttributes, OwnDate])
def test_values_are_those_of_rows_where_a_table_reads_them_itself(table: Any) -> None:
    raws = [{**SYSTEM, "$id": f"b{n}", "text": f"t{n}"} for n in range(2)]
    names = ("id", "text", "created_at")
    rows = read_rows(table, raws, "default")
    values = read_values(table, raws, "default", names)
    assert values == [[getattr(row, name) for row in rows] for name in names]
    assert (values[1] == ["T0", "T1"]) is (table is not OwnDate)
    assert (values[2] == ["created 2024"] * 2) is (table is OwnDate)


def test_a_value_that_was_set_is_found_before_that_of_the_page() -> None:
    row, _ = read_rows(Everything, [{**SYSTEM, "string": "a"}, {**SYSTEM, "string": "b"}], "default")
    row.string = "c"
    assert (row.string, row._raw["string"], row._changes()) == ("c", "a", {"string": "c"})
    row._load({**SYSTEM, "integer": 1})
    assert not hasattr(row, "string")
    assert (row.integer, row._changes()) == (1, {})
