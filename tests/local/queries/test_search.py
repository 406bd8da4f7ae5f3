"""Full-text search: words, phrases, operators."""

from __future__ import annotations

import pytest

from tests.support.local_client import Client, query

TEXTS = {"a": "The quick brown fox", "b": "quick and the dead", "c": "a quick dead end", "e": None}


@pytest.fixture
def rows(appwrite: Client) -> str:
    columns = [{"key": "body", "type": "string", "size": 99}]
    rows = appwrite.table(columns, indexes=[{"key": "i", "type": "fulltext", "attributes": ["body"]}])
    appwrite(f"POST {rows}", {"rows": [{"$id": id, "body": text} for id, text in TEXTS.items()]})
    return rows


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("quick", "abc"),
        ("nothing dea", "bc"),
        ('"quick dead"', "c"),
        ('"quick and the dead"', "b"),  # stop words have their place in a phrase
        ('"the quick"', "a"),
        ('"the"', ""),
        ("\\", ""),
        ("!?", ""),
        ("100% quick", "abc"),
        ('+quick -"', "abc"),
    ],
)
def test_full_text_search(appwrite: Client, rows: str, text: str, expected: str) -> None:
    response = appwrite(f"GET {rows}", queries=[query("search", "body", text)])
    assert "".join(row["$id"] for row in response["rows"]) == expected
    others = appwrite(f"GET {rows}", queries=[query("notSearch", "body", text)])
    assert {row["$id"] for row in others["rows"]} == TEXTS.keys() - set(expected)


@pytest.mark.parametrize("text", ["%", "% %", "+%"])
def test_a_search_for_percent_signs_alone_is_refused(appwrite: Client, rows: str, text: str) -> None:
    assert appwrite.send(f"GET {rows}", queries=[query("search", "body", text)]).status >= 400
