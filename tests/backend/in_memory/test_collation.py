"""Texts compare in memory as they do on the server."""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_appwrite_orm.backend.in_memory import collation
from django_appwrite_orm.connection import connections
from django_appwrite_orm.plans import Clause, CreateRows, ListRows
from django_appwrite_orm.sansio import run_sync
from tests.support.library.tables import Everything
from tests.support.tables import prepare

# Recorded on a server: see tests/local/emulation/test_collation.py for where the weights come from.
TEXTS = ("", " ", "a", "A ", "á", "Á", "b", "ab", "a b", "a_b", "a%b", "a\\b", "Straße", "strase", "strasse", "ß", "s")
MORE = (
    "æ",
    "ae",
    "ﬁ",
    "fi",
    "Ω",
    "ω",
    "\U0001f600",
    "\U0001f601",
    "İ",
    "i",
    "I",
    "naïve",
    "NAIVE",
    "Z",
    "_",
    "[",
    "0",
    "É ",
)


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    collation.install(connection)
    connection.execute(f"CREATE TABLE t (place INTEGER PRIMARY KEY, v TEXT COLLATE {collation.NAME})")
    yield connection
    connection.close()


def test_filters_and_order_agree_with_the_servers(database: sqlite3.Connection) -> None:
    texts = TEXTS + MORE
    prepare(Everything)
    ref = Everything._meta.ref(connections["default"].settings.database_id)
    rows = tuple({"$id": f"r{place}", "text": text} for place, text in enumerate(texts))
    run_sync(connections["default"].send(CreateRows(ref, rows).request))
    database.executemany("INSERT INTO t VALUES (?, ?)", enumerate(texts))

    def here(condition: str, *parameters: object) -> list[str]:
        found = database.execute(f"SELECT place FROM t {condition}", parameters)
        return [f"r{place}" for (place,) in found]

    def there(*filters: Clause, order: tuple[Clause, ...] = ()) -> list[str]:
        plan = ListRows(ref, filters, order, limit=100)
        return [row["$id"] for row in run_sync(connections["default"].follow(plan.fetch())).data["rows"]]

    for text in texts:
        for method, operator in [("equal", "="), ("lessThan", "<"), ("greaterThanEqual", ">=")]:
            expected = there(Clause(method, "text", (text,)))
            assert here(f"WHERE v {operator} ? ORDER BY place", text) == expected, (method, text)
        escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        asked = text.replace("\\", "\\\\")  # Appwrite escapes the wildcards, and not a backslash
        if not text:
            continue
        for method, pattern in [
            ("contains", f"%{escaped}%"),
            ("startsWith", f"{escaped}%"),
            ("endsWith", f"%{escaped}"),
        ]:
            expected = there(Clause(method, "text", (asked,)))
            assert here("WHERE v LIKE ? ESCAPE '\\' ORDER BY place", pattern) == expected, (method, text)
    assert here("ORDER BY v, place") == there(order=(Clause("orderAsc", "text"),))


def test_groups_and_distinct_values_are_those_of_the_server(database: sqlite3.Connection) -> None:
    database.executemany("INSERT INTO t (v) VALUES (?)", [("Ada",), ("ada ",), ("ÁDA",), ("Bob",)])
    assert database.execute("SELECT count(*) FROM t GROUP BY v ORDER BY v").fetchall() == [(3,), (1,)]
    assert database.execute("SELECT count(DISTINCT v) FROM t").fetchone() == (2,)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("a%", "ABC", 1),
        ("a\\%", "a%", 1),
        ("a\\%", "ab", 0),
        ("_", "é", 1),
        ("__", "é", 0),
        ("%\n%", "a\nb", 1),
        ("1_", 12, 1),
        ("%", None, None),
        (None, "a", None),
        ("a\\", "a\\", 1),
    ],
)
def test_like(database: sqlite3.Connection, pattern: object, text: object, expected: int | None) -> None:
    assert database.execute("SELECT ? LIKE ? ESCAPE '\\'", (text, pattern)).fetchone() == (expected,)


def _is_like(pattern: str, text: str) -> bool:
    """Whether a text matches a pattern, letter by letter."""
    if not pattern:
        return not text
    if pattern[0] == "%":
        return any(_is_like(pattern[1:], text[place:]) for place in range(len(text) + 1))
    return bool(text) and pattern[0] in ("_", text[0]) and _is_like(pattern[1:], text[1:])


@given(st.text("AB%_", max_size=7), st.text("AB", max_size=7))
def test_like_with_any_number_of_wildcards(pattern: str, text: str) -> None:
    connection = sqlite3.connect(":memory:")
    collation.install(connection)
    assert connection.execute("SELECT ? LIKE ?", (text, pattern)).fetchone() == (_is_like(pattern, text),)
    connection.close()


def test_a_part_of_a_long_text_is_looked_for_once(database: sqlite3.Connection) -> None:
    """A search that tries each place of the text takes 10**11 steps, and does not end."""
    text = "a" * 1_000_000
    part = text[:100_000] + "b"
    for pattern in (f"%{part}%", f"%{part}", f"{part}%", f"%{part}%{part}"):
        assert database.execute("SELECT ? LIKE ?", (text, pattern)).fetchone() == (0,)
        assert database.execute("SELECT ? LIKE ?", (f"{text}b", pattern)).fetchone() == (
            int(pattern in (f"%{part}%", f"%{part}")),
        )


@given(st.lists(st.text(st.sampled_from("aAáßsS _\u0301e\U0001f600"), max_size=4), max_size=8))
def test_order_and_equality_are_one_order(texts: list[str]) -> None:
    connection = sqlite3.connect(":memory:")
    collation.install(connection)
    order = f"SELECT value FROM json_each(?) ORDER BY value COLLATE {collation.NAME}"
    ordered = [text for (text,) in connection.execute(order, (json.dumps(texts),))]
    for before, after in itertools.pairwise(ordered):
        compared = (
            f"SELECT ? <= ? COLLATE {collation.NAME}, ? = ? COLLATE {collation.NAME}, ? >= ? COLLATE {collation.NAME}"
        )
        low, same, high = connection.execute(compared, (before, after) * 3).fetchone()
        assert low
        assert same == high
    connection.close()
