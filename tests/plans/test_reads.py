"""Read plans: their text, their parameters, and the windows of an exact count."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from django_appwrite_orm.plans import AggregateRows, Clause, CountRows, GetRow, ListRows, Request, Response, TableRef

TABLE = TableRef("shop", "books")
FILTER = Clause("equal", "a", (1,))


def test_plans_with_different_results_have_different_texts() -> None:
    plans = [
        GetRow(TABLE, "r"),
        GetRow(TABLE, "r", ("a",)),
        GetRow(TABLE, "R"),
        GetRow(TableRef("shop", "book"), "sr"),
        ListRows(TABLE),
        ListRows(TABLE, limit=26),
        ListRows(TABLE, offset=1),
        ListRows(TABLE, total=True),
        ListRows(TABLE, (FILTER,)),
        ListRows(TABLE, (FILTER, Clause("isNull", "b"))),
        ListRows(TABLE, (Clause("isNull", "b"), FILTER)),
        ListRows(TABLE, order=(Clause("orderAsc", "a"),)),
        ListRows(TABLE, select=("a",)),
        ListRows(TABLE, select=("a", "b")),
        CountRows(TABLE),
        CountRows(TABLE, (FILTER,)),
        CountRows(TABLE, most=10),
        AggregateRows(TABLE, (Clause("sum", "a", ("x",)),)),
        AggregateRows(TABLE, (Clause("sum", "a", ("x",)),), by=("b",)),
        AggregateRows(TABLE, (Clause("sum", "a", ("x",)),), (FILTER,)),
    ]
    assert len({str(plan) for plan in plans}) == len(plans)
    for plan in plans:
        assert str(plan) == str(type(plan)(**{name: getattr(plan, name) for name in plan.__slots__}))
        assert plan.tables[0].table in str(plan)


def test_the_parameters_of_a_list() -> None:
    plan = ListRows(TABLE, (FILTER,), (Clause("orderDesc", "a"),), 10, 20, ("a",))
    request = next(plan.fetch())
    assert (request.method, request.path) == ("GET", "/tablesdb/shop/tables/books/rows")
    assert request.query == (
        ("queries[0]", '{"method":"equal","attribute":"a","values":[1]}'),
        ("queries[1]", '{"method":"orderDesc","attribute":"a"}'),
        ("queries[2]", '{"method":"limit","values":[10]}'),
        ("queries[3]", '{"method":"offset","values":[20]}'),
        ("queries[4]", '{"method":"select","values":["a"]}'),
        ("total", "0"),
    )


def test_ids_are_quoted_in_a_path() -> None:
    assert TableRef("a/b", "c d").row("../x") == "/tablesdb/a%2Fb/tables/c%20d/rows/..%2Fx"


def counted(rows: int, most: int | None = None) -> tuple[int, list[Request]]:
    """The count of a server that has so many rows, numbered by tens, and what was asked of it."""
    plan, asked = CountRows(TABLE, (FILTER,), most).fetch(), []
    try:
        request = next(plan)
        while True:
            asked.append(request)
            request = plan.send(_answer(request, rows))
    except StopIteration as stop:
        return stop.value.data, asked


def _answer(request: Request, rows: int) -> Response:
    clauses = [Clause.from_json(text) for name, text in request.query if name.startswith("queries")]

    def value(method: str) -> Callable[[], int]:
        return next((int(clause.values[0]) for clause in clauses if clause.method == method), 0)

    assert FILTER in clauses
    after = value("greaterThan") // 10
    offset = value("offset")
    there = range(after + 1, rows + 1)
    found = [{"$id": str(n), "$sequence": str(n * 10)} for n in there[offset : offset + value("limit")]]
    return Response("", {"total": min(len(there), 5000), "rows": found})


@pytest.mark.parametrize(
    ("rows", "requests"), [(0, 1), (1, 1), (4999, 1), (5000, 2), (5001, 2), (9999, 2), (10_000, 3), (12_345, 3)]
)
def test_an_exact_count_is_made_in_windows(rows: int, requests: int) -> None:
    count, asked = counted(rows)
    assert (count, len(asked)) == (rows, requests)
    assert all(("total", "0") not in request.query for request in asked)


@pytest.mark.parametrize(("most", "count", "requests"), [(10, 5000, 1), (5000, 5000, 1), (5001, 10_000, 2)])
def test_a_capped_count_stops_at_the_cap(most: int, count: int, requests: int) -> None:
    assert counted(50_000, most)[0] == count
    assert len(counted(50_000, most)[1]) == requests
