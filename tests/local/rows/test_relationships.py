"""Relationships between rows: nested writes, selects, filters and onDelete."""

from __future__ import annotations

import pytest

from tests.support.local_client import GUEST, Client, query


@pytest.fixture
def library(appwrite: Client) -> Client:
    """Authors and books, linked in both directions."""
    appwrite("POST ", {"databaseId": "d", "name": "d"})
    name = {"key": "name", "type": "string", "size": 20}
    for table in ("authors", "books"):
        appwrite("POST /d/tables", {"tableId": table, "name": table, "columns": [name]})
    return appwrite


def link(appwrite: Client, type: str, on_delete: str = "restrict", two_way: bool = True) -> None:
    appwrite(
        "POST /d/tables/books/columns/relationship",
        {
            "relatedTableId": "authors", "type": type, "key": "author", "twoWay": two_way, "twoWayKey": "books",
            "onDelete": on_delete,
        },
    )  # fmt: skip


BOOKS, AUTHORS = "/d/tables/books/rows", "/d/tables/authors/rows"


def test_a_row_is_created_with_its_nested_rows(library: Client) -> None:
    link(library, "manyToOne")
    created = library(f"POST {BOOKS}", {"rowId": "b", "data": {"name": "B", "author": {"$id": "a", "name": "Ann"}}})
    assert created["author"]["name"] == "Ann"
    assert library(f"GET {BOOKS}/b")["author"] == "a"
    assert "books" not in library(f"GET {AUTHORS}/a")
    whole = library(f"GET {AUTHORS}/a", queries=[query("select", "", "*", "books.name")])
    assert [book["name"] for book in whole["books"]] == ["B"]
    again = {"rowId": "c", "data": {"name": "C", "author": {"$id": "a", "name": "x"}}}
    assert library.refusal(f"POST {BOOKS}", again) == (401, "user_unauthorized")
    assert library(f"PATCH {BOOKS}/b", {"data": {"author": {"$id": "a", "name": "Anna"}}})["author"]["name"] == "Anna"


def test_filters_follow_links(library: Client) -> None:
    link(library, "manyToOne")
    for id, name in (("a", "Ann"), ("z", "Zoe")):
        library(f"POST {BOOKS}", {"rowId": f"b{id}", "data": {"name": id, "author": {"$id": id, "name": name}}})
    found = library(f"GET {BOOKS}", queries=[query("equal", "author.name", "zoe")])
    assert [row["$id"] for row in found["rows"]] == ["bz"]
    assert library(f"GET {BOOKS}", queries=[query("equal", "author", "a")])["total"] == 1
    assert library(f"GET {AUTHORS}", queries=[query("startsWith", "books.name", "z")])["total"] == 1
    assert library.refusal(f"GET {AUTHORS}", queries=[query("equal", "books", "ba")])[1] == "general_query_invalid"
    either = query("or", "", query("equal", "author.name", "Zoe"), query("equal", "name", "a"))
    assert library(f"GET {BOOKS}", queries=[either])["total"] == 2


@pytest.mark.parametrize(
    ("on_delete", "status", "left"),
    [("restrict", 403, {"b": "a"}), ("setNull", 204, {"b": None}), ("cascade", 204, {})],
)
def test_deleting_the_one_side_applies_on_delete(
    library: Client, on_delete: str, status: int, left: dict[str, str]
) -> None:
    link(library, "manyToOne", on_delete)
    library(f"POST {BOOKS}", {"rowId": "b", "data": {"name": "B", "author": {"$id": "a", "name": "Ann"}}})
    assert library.send(f"DELETE {AUTHORS}/a").status == status
    assert {row["$id"]: row["author"] for row in library(f"GET {BOOKS}")["rows"]} == left


def test_many_to_many_links_are_shown_on_both_sides(library: Client) -> None:
    link(library, "manyToMany", "cascade")
    library(f"POST {BOOKS}", {"rowId": "b1", "data": {"name": "1", "author": [{"$id": "a"}, {"$id": "z"}]}})
    library(f"POST {BOOKS}", {"rowId": "b2", "data": {"name": "2", "author": ["a"]}})
    seen = library(f"GET {AUTHORS}/a", queries=[query("select", "", "$id", "books.$id")])
    assert [book["$id"] for book in seen["books"]] == ["b1", "b2"]
    library(f"PATCH {BOOKS}/b1", {"data": {"author": []}})
    seen = library(f"GET {AUTHORS}/a", queries=[query("select", "", "$id", "books.$id")])
    assert [book["$id"] for book in seen["books"]] == ["b2"]


def test_bulk_is_refused_where_there_are_relationships(library: Client) -> None:
    link(library, "oneToMany")
    for rows in (BOOKS, AUTHORS):
        assert library.refusal(f"POST {rows}", {"rows": [{"name": "x"}]}) == (400, "general_bad_request")


def test_links_are_written_at_the_commit(library: Client) -> None:
    link(library, "manyToMany", "setNull")
    for id in ("a", "z"):
        library(f"POST {AUTHORS}", {"rowId": id, "data": {"name": id}})
    library(f"POST {BOOKS}", {"rowId": "b", "data": {"name": "B"}})
    transaction = library("POST /transactions")["$id"]
    body = {"data": {"name": "C", "author": ["a", "z"]}, "transactionId": transaction}
    library(f"PATCH {BOOKS}/b", body)
    assert library(f"GET {BOOKS}/b", queries=[query("select", "", "*", "author.$id")])["author"] == []
    library(f"PATCH /transactions/{transaction}", {"commit": True})
    book = library(f"GET {BOOKS}/b", queries=[query("select", "", "*", "author.$id")])
    assert (book["name"], [author["$id"] for author in book["author"]]) == ("C", ["a", "z"])


def test_deleting_a_table_deletes_its_relationships(library: Client) -> None:
    link(library, "oneToOne")
    assert [column["key"] for column in library("GET /d/tables/authors/columns")["columns"]] == ["name", "books"]
    library("DELETE /d/tables/books")
    assert [column["key"] for column in library("GET /d/tables/authors/columns")["columns"]] == ["name"]


@pytest.mark.parametrize("value", [5, ["a"], True, [[]]])
def test_a_single_link_takes_an_id_or_a_row(library: Client, value: object) -> None:
    link(library, "manyToOne")
    body = {"rowId": "b", "data": {"name": "B", "author": value}}
    assert library.refusal(f"POST {BOOKS}", body) == (400, "relationship_value_invalid")


@pytest.mark.parametrize(
    ("type", "two_way", "on_delete", "left"),
    [
        ("oneToOne", True, "restrict", {"b": "Ann"}),  # recorded: the link outlives it, in the case it was written in
        ("oneToOne", False, "restrict", {"b": None}),
        ("oneToOne", True, "setNull", {"b": None}),
        ("oneToOne", True, "cascade", {}),
        ("oneToOne", False, "cascade", {"b": "Ann"}),  # a child that does not see its parent takes it nowhere
    ],
)
def test_links_of_a_deleted_one_to_one_child_follow_on_delete(
    library: Client, type: str, two_way: bool, on_delete: str, left: dict[str, str]
) -> None:
    link(library, type, on_delete, two_way)
    library(f"POST {BOOKS}", {"rowId": "b", "data": {"name": "B", "author": {"$id": "Ann", "name": "Ann"}}})
    library(f"DELETE {AUTHORS}/ann")
    assert {row["$id"]: row["author"] for row in library(f"GET {BOOKS}")["rows"]} == left
    if left:
        library(f"DELETE {BOOKS}/b")  # nothing holds it any more


@pytest.mark.parametrize(("two_way", "moved"), [(True, 409), (False, 200)])
def test_a_one_to_one_link_refuses_a_second_one(library: Client, two_way: bool, moved: int) -> None:
    """The server has unique indexes: on the parent's side, and on the child's where it is two-way."""
    link(library, "oneToOne", "setNull", two_way)
    for id in ("a", "free"):
        library(f"POST {AUTHORS}", {"rowId": id, "data": {"name": id}})
    library(f"POST {BOOKS}", {"rowId": "b", "data": {"name": "B", "author": "a"}})
    conflict = (409, "row_already_exists")
    assert library.refusal(f"POST {BOOKS}", {"rowId": "c", "data": {"name": "C", "author": "a"}}) == conflict
    library(f"POST {BOOKS}", {"rowId": "c", "data": {"name": "C"}})
    assert library.refusal(f"PATCH {BOOKS}/c", {"data": {"author": "a"}}) == conflict
    assert library(f"PATCH {BOOKS}/b", {"data": {"author": "A"}})["author"]["$id"] == "a"
    assert library.send(f"PATCH {BOOKS}/b", {"data": {"author": "free"}}).status == moved
    library(f"PATCH {BOOKS}/b", {"data": {"author": None}})
    assert library(f"PATCH {BOOKS}/b", {"data": {"author": "free"}})["author"]["$id"] == "free"


def test_links_to_missing_rows_are_stored_for_new_rows_only(library: Client) -> None:
    """A new row is linked (recorded); a change stores null, a list is stored without the id."""
    link(library, "manyToOne")
    created = library(f"POST {BOOKS}", {"rowId": "b", "data": {"name": "B", "author": "Nobody"}})
    assert created["author"] == {"$databaseId": "d", "$tableId": "authors", "$sequence": ""}
    assert library(f"GET {BOOKS}/b")["author"] == "Nobody"
    assert library(f"PATCH {BOOKS}/b", {"data": {"author": "Nobody"}})["author"] is None
    assert library(f"POST {AUTHORS}", {"rowId": "a", "data": {"name": "A", "books": ["b", "none"]}})["books"] == [
        library(f"GET {BOOKS}/b", queries=[query("select", "", "name")])
    ]
    assert len(library(f"PATCH {AUTHORS}/a", {"data": {"books": ["none", "b"]}})["books"]) == 1


def test_only_an_empty_list_clears_a_list_of_links(library: Client) -> None:
    link(library, "manyToOne")
    library(f"POST {AUTHORS}", {"rowId": "a", "data": {"name": "A", "books": None}})
    assert library(f"PATCH {AUTHORS}/a", {"data": {"books": None}})["name"] == "A"
    library(f"PATCH {AUTHORS}/a", {"data": {"books": [{"$id": "b", "name": "B"}]}})
    refused = (400, "relationship_value_invalid")
    assert library.refusal(f"PATCH {AUTHORS}/a", {"data": {"books": None}}) == refused
    assert library(f"PATCH {AUTHORS}/a", {"data": {"books": {}}})["books"] == []
    assert library.refusal(f"POST {BOOKS}", {"rowId": "c", "data": {"name": "C", "author": {}}}) == refused


def test_invalid_links_are_refused_before_other_columns_and_misplaced_lists_after(library: Client) -> None:
    link(library, "manyToOne")
    for value, expected in (
        (5, "relationship_value_invalid"),
        ("no id!", "relationship_value_invalid"),
        ({"$id": "_bad", "name": "x"}, "relationship_value_invalid"),
        (["a"], "row_invalid_structure"),
    ):
        body = {"rowId": "b", "data": {"name": 5, "author": value}}
        assert library.refusal(f"POST {BOOKS}", body) == (400, expected)


def test_a_nested_row_gets_the_permissions_of_its_parent(library: Client) -> None:
    link(library, "manyToMany")
    authors = [{"$id": "a", "name": "A"}, {"$id": "z", "name": "Z", "$permissions": []}]
    body = {"rowId": "b", "data": {"name": "B", "author": authors}, "permissions": ['read("any")']}
    library(f"POST {BOOKS}", body)
    library(f"PATCH {BOOKS}/b", {"data": {"author": [{"$id": "m", "name": "M"}]}})
    found = {row["$id"]: row["$permissions"] for row in library(f"GET {AUTHORS}")["rows"]}
    assert found == {"a": ['read("any")'], "z": [], "m": ['read("any")']}


def test_filters_on_related_rows_see_readable_rows_only(library: Client) -> None:
    """Otherwise a guest guesses a value letter by letter, also with orders and cursors."""
    link(library, "manyToOne")
    for id, granted in (("a", ['read("any")']), ("z", [])):
        library(f"POST {AUTHORS}", {"rowId": id, "data": {"name": f"secret {id}"}, "permissions": granted})
        library(f"POST {BOOKS}", {"rowId": f"b{id}", "data": {"name": id, "author": id}})
    library("PUT /d/tables/books", {"name": "books", "permissions": ['read("any")']})
    guess = query("startsWith", "author.name", "secret")
    nested = query("or", "", guess, query("equal", "name", "nothing"))
    kept = query("isNotNull", "author.name")
    for asked in (guess, nested, kept):
        refused = library.refusal(f"GET {BOOKS}", queries=[asked], headers=GUEST)
        assert refused == (401, "user_unauthorized")
    library("PUT /d/tables/authors", {"name": "authors", "permissions": [], "rowSecurity": True})
    for asked in (guess, nested, kept):
        seen = library(f"GET {BOOKS}", queries=[asked], headers=GUEST)
        assert ([row["$id"] for row in seen["rows"]], seen["total"]) == (["ba"], 1)
        assert library(f"GET {BOOKS}", queries=[asked])["total"] == 2
    assert library(f"GET {BOOKS}", queries=[query("equal", "author", "z")], headers=GUEST)["total"] == 1
    ordered = query("orderAsc", "author.name")
    assert library.refusal(f"GET {BOOKS}", queries=[ordered], headers=GUEST) == (400, "general_query_invalid")


def test_a_cursor_must_be_a_readable_row(library: Client) -> None:
    """Otherwise the page reveals how the hidden row's values compare with others."""
    library("PUT /d/tables/authors", {"name": "authors", "permissions": [], "rowSecurity": True})
    for id, granted in (("a", ['read("any")']), ("m", []), ("z", ['read("any")'])):
        library(f"POST {AUTHORS}", {"rowId": id, "data": {"name": id}, "permissions": granted})
    after = [query("orderAsc", "name"), query("cursorAfter", "", "m")]
    assert [row["$id"] for row in library(f"GET {AUTHORS}", queries=after)["rows"]] == ["z"]
    assert library.refusal(f"GET {AUTHORS}", queries=after, headers=GUEST) == (400, "general_cursor_not_found")
    library.app.strict = True
    assert [row["$id"] for row in library(f"GET {AUTHORS}", queries=after, headers=GUEST)["rows"]] == ["z"]
    library.app.strict = False
    after[1] = query("cursorAfter", "", "a")
    assert [row["$id"] for row in library(f"GET {AUTHORS}", queries=after, headers=GUEST)["rows"]] == ["z"]


def test_an_upsert_of_a_new_row_changes_nested_rows(library: Client) -> None:
    """A create refuses them (recorded)."""
    link(library, "manyToOne")
    library(f"POST {AUTHORS}", {"rowId": "a", "data": {"name": "A"}})
    data = {"name": "B", "author": {"$id": "a", "name": "Ann"}}
    assert library.refusal(f"POST {BOOKS}", {"rowId": "b", "data": data}) == (401, "user_unauthorized")
    assert library(f"PUT {BOOKS}/b", {"data": data})["author"]["name"] == "Ann"
    assert library(f"GET {AUTHORS}/a")["name"] == "Ann"
