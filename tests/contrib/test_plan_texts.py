"""The texts of the panel: what is done and where, without secrets."""

from __future__ import annotations

from typing import Any

import pytest

from django_appwrite_orm import Table, columns
from django_appwrite_orm.contrib.plan_texts import HIDDEN, PlanTexts
from django_appwrite_orm.plans import (
    AggregateRows,
    Clause,
    CountRows,
    CreateRow,
    CreateRows,
    DeleteRow,
    DeleteRows,
    GetRow,
    IncrementRow,
    ListRows,
    Request,
    TableRef,
    UpdateRow,
    UpdateRows,
)
from django_appwrite_orm.registry import registry

BOOKS = TableRef("library", "books")
VAULT = TableRef("library", "vault")
PRICE = Clause("greaterThan", "price", (1,))


@pytest.fixture
def vault(own_registry: None) -> type[Table]:
    class Vault(Table):
        label = columns.String(size=20)
        content = columns.String(size=200, encrypt=True, column="body")

        class Meta:
            app_label = "library"
            name = "vault"

    return registry.add(Vault)


@pytest.mark.parametrize(
    ("plan", "text", "bare"),
    [
        (GetRow(BOOKS, "r1"), "get books r1", "get books ?"),
        (
            ListRows(
                BOOKS, (PRICE,), (Clause("orderDesc", "price"), Clause("orderAsc", "title")), 5, 10, ("title",), True
            ),
            "list books where greaterThan(price, 1) order by -price, title limit 5 offset 10 columns title"
            " with their number",
            "list books where greaterThan(price, ?) order by -price, title limit ? offset ? columns title"
            " with their number",
        ),
        (ListRows(BOOKS, (Clause("isNull", "pages"),)), "list books where isNull(pages) limit 25", None),
        (CountRows(BOOKS), "count books", "count books"),
        (
            AggregateRows(BOOKS, (Clause("sum", "price", ("x",)),), by=("genre",)),
            "aggregate books sum price by genre",
            None,
        ),
        (CreateRow(BOOKS, "r1", {"title": "Emma"}), "create books r1 set title", "create books ? set title"),
        (CreateRows(BOOKS, ({"$id": "r1"}, {"$id": "r2"})), "create books 2 rows", None),
        (UpdateRow(BOOKS, "r1", {"title": "Emma", "price": 1}), "update books r1 set title, price", None),
        (UpdateRows(BOOKS, {"price": 2}, (PRICE,)), "update books set price where greaterThan(price, 1)", None),
        (IncrementRow(BOOKS, "r1", {"price": "?"}, 2), "increment books r1 set price", None),
        (DeleteRow(BOOKS, "r1"), "delete books r1", None),
        (DeleteRows(BOOKS, (PRICE,)), "delete books where greaterThan(price, 1)", None),
        ((DeleteRow(BOOKS, "r1"), DeleteRow(BOOKS, "r2")), "delete books r1 and 1 more", None),
        (Request("GET", BOOKS.row("r1")), "GET /tablesdb/library/tables/books/rows/r1", None),
        (
            CountRows(BOOKS, (Clause("or", values=(PRICE, Clause("equal", "title", tuple("abcdefg")))),)),
            'count books where (greaterThan(price, 1) or equal(title, "a", "b", "c", "d", "e", and 2 more))',
            "count books where (greaterThan(price, ?) or equal(title, ?))",
        ),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else None,
)
def test_a_plan_says_what_is_done(plan: Any, text: str, bare: str | None) -> None:
    assert PlanTexts().of(plan) == text
    if bare is not None:
        assert PlanTexts().of(plan, bare=True) == bare


@pytest.mark.parametrize(
    "name", ["password", "session_key", "api_key", "access_token", "owner.secret", "jwt", "mfa_otp", "body", "box.body"]
)
def test_values_of_secret_columns_are_hidden(vault: type[Table], name: str) -> None:
    plan = ListRows(VAULT, (Clause("equal", name, ("hunter2",)),))
    assert PlanTexts().of(plan) == f"list vault where equal({name}, {HIDDEN}) limit 25"


@pytest.mark.parametrize("name", ["author", "footprint", "key", "keyword", "label", "monkey"])
def test_values_of_other_columns_are_shown(vault: type[Table], name: str) -> None:
    assert "hunter2" in PlanTexts().of(ListRows(VAULT, (Clause("equal", name, ("hunter2",)),)))


def test_a_primary_key_that_is_secret_is_hidden_wherever_it_is_the_id() -> None:
    sessions = TableRef("library", "django_session")
    key = "abcdefabcdef"
    found = [PlanTexts().of(subject) for subject in (GetRow(sessions, key), Request("GET", sessions.row(key)))]
    assert found == [f"get django_session {HIDDEN}", f"GET /tablesdb/library/tables/django_session/rows/{HIDDEN}"]
    listed = ListRows(sessions, (Clause("equal", "$id", (key,)),))
    assert key not in PlanTexts().of(listed)


@pytest.mark.parametrize(
    ("plan", "text"),
    [
        (
            ListRows(BOOKS, (Clause("equal", "title", ("a\ud800é",)),)),
            'list books where equal(title, "a\\ud800é") limit 25',
        ),
        (GetRow(BOOKS, "\udfff"), "get books \\udfff"),
        ((GetRow(BOOKS, "\udfff"), GetRow(BOOKS, "r1")), "get books \\udfff and 1 more"),
    ],
)
def test_half_of_a_surrogate_pair_is_escaped(plan: Any, text: str) -> None:
    assert PlanTexts().of(plan) == text
    assert text.encode()
