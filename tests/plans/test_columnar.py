"""Rows by column: any page comes back as it was sent, and nothing else is taken for one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from django_appwrite_orm.cache.entries import CacheEntry, by_column
from django_appwrite_orm.plans import ColumnarRows, Response, column_values

# Few different values, so that columns of one value are common; those that are equal in Python but not in JSON too.
SINGLE = st.sampled_from([None, True, False, 0, 1, 1.0, 0.0, -0.0, "", "1", "a", "\ud800", 2**70, float("inf")])
JSON_VALUES = SINGLE | st.integers() | st.floats(allow_nan=False) | st.text() | st.lists(SINGLE, max_size=2)
# A busy machine makes pages slowly.
KEYS = st.lists(st.sampled_from(["$id", "a", "b", "same", "rows", "total"]), unique=True, max_size=4)


@st.composite
def pages(draw: st.DrawFn) -> list[dict[str, Any]]:
    keys = draw(KEYS)
    rows = draw(st.lists(st.tuples(*[JSON_VALUES | st.dictionaries(st.text(), SINGLE, max_size=1) for _ in keys])))
    return [dict(zip(keys, row, strict=True)) for row in rows]


def stored(data: Any) -> Any:
    """Return what a reader finds of a response with this data."""
    cached = by_column(Response(json.dumps(data), data))
    cached.text.encode()
    decoded = CacheEntry((), 0, cached.text).decode()
    assert decoded is not None
    for found in (cached.data, decoded.data):
        assert exact(plain(found)) == exact(data)
    return decoded.data


def plain(data: Any) -> Any:
    if isinstance(data, dict) and isinstance(data.get("rows"), ColumnarRows):
        return {**data, "rows": list(data["rows"])}
    return data


def exact(data: Any) -> str:
    """Return a text that tells 1 from True and from 1.0, and has keys in their order."""
    return repr(data)


@given(pages(), st.integers())
@example([{"a": 1}, {"a": True}], 0)
@example([{"a": [1]}, {"a": [True]}], 0)
@example([{"a": {"same": 1}}, {"a": {"same": 1}}], 0)
@example([{}, {}], 0)
@example([{"a": "b"}, {"a": "b"}], 0)
@example([{"a": "b"}], 0)
def test_a_page_comes_back(rows: list[dict[str, Any]], total: int) -> None:
    found = stored({"total": total, "rows": rows})["rows"]
    assert len(found) == len(rows)
    for place, row in enumerate(rows):
        assert exact(found[place]) == exact(found[place - len(rows)]) == exact(row)
    assert exact(found[1:]) == exact(rows[1:])
    for key in rows[0] if rows else ():
        assert exact(list(column_values(found, key))) == exact([row[key] for row in rows])


@given(st.recursive(JSON_VALUES, lambda inner: st.dictionaries(st.text(), inner, max_size=2), max_leaves=4))
@example({"total": 1, "rows": [{"a": 1}], "more": 2})
@example({"total": 1, "rows": "text"})
@example({"total": 2, "rows": [{"a": 1}, {"b": 1}]})
@example({"total": 2, "rows": [{"a": 1, "b": 2}, {"b": 2, "a": 1}]})
@example({"total": 2, "rows": [{"a": 1, "b": 2}, {"a": 1}]})
def test_other_results_stay_as_they_are(data: Any) -> None:
    if not isinstance(data, list):  # no plan has such a result
        assert exact(plain(stored(data))) == exact(data)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "[1]",
        "[1,1,[]]",
        '[1,1,["a"],[]]',
        '[1,1,["a"],[[]]]',
        '[1,2,["a"],[["x"]]]',
        '[1,1,["a"],["x"]]',
        '[1,1,["a"],[{}]]',
        '[1,1,["a"],[null]]',
        '[1,-1,["a"],[{"same":1}]]',
        '[1,1.0,["a"],[{"same":1}]]',
        '[1,true,["a"],[{"same":1}]]',
        '[1,"1",["a"],[{"same":1}]]',
        '[1,1,[1],[["x"]]]',
        '[1,1,"a",[["x"]]]',
        "[1,1,1,1]",
        '[1,1,["a"],[["x"]],1]',
        '[1,0,["a","a"],[[],[]]]',
        '[1,1000000000000,["a"],[{"same":1}]]',
    ],
)
def test_a_list_of_another_form_is_a_miss(text: str) -> None:
    assert CacheEntry((), 0, text).decode() is None


def test_there_is_no_row_beyond_the_last() -> None:
    rows = ColumnarRows.of([{"a": 1}, {"a": 2}])
    assert rows is not None
    for place in (2, -3):
        with pytest.raises(IndexError):
            rows[place]
    with pytest.raises(KeyError):
        rows.column("b")
    assert repr(rows) == "<2 rows of a>"
    assert ColumnarRows.of(rows) is rows
