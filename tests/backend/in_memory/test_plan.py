"""A plan whose result is made in memory of the results of other plans."""

from __future__ import annotations

import gc
import sqlite3
import threading
import time
import weakref
from typing import Any

import pytest
from django.db import DataError, NotSupportedError, OperationalError

from django_appwrite_orm import CachePolicy
from django_appwrite_orm.backend.in_memory import load
from django_appwrite_orm.backend.in_memory.load import MemoryColumn, MemoryTable, memory_database
from django_appwrite_orm.backend.in_memory.plan import InMemoryRead, strictest
from django_appwrite_orm.backend.in_memory.results import rows_of
from django_appwrite_orm.backend.in_memory.sources import Link, Source
from django_appwrite_orm.cache import ReadResult, Status
from django_appwrite_orm.connection import connections
from django_appwrite_orm.plans import NOTHING, Clause
from django_appwrite_orm.sansio import run_sync
from tests.support.costs import counted
from tests.support.library.tables import Book, Reader

pytestmark = pytest.mark.usefixtures("library")

BOOKS = MemoryTable(
    '"books"',
    (
        MemoryColumn("$id", '"id" text PRIMARY KEY'),
        MemoryColumn("title", '"title" text'),
        MemoryColumn("pages", '"pages" integer'),
    ),
)
FIVE_MINUTES = CachePolicy()
READERS = MemoryTable('"readers"', (MemoryColumn("$id", '"id" text PRIMARY KEY'), MemoryColumn("name", '"name" text')))


def source(table: Any = Book, copy: MemoryTable = BOOKS, **options: Any) -> Source:
    return Source(table._meta, table._meta.ref("library"), copy, **options)


def read(sql: str, *parameters: Any, sources: tuple[Source, ...] | None = None, **options: Any) -> InMemoryRead:
    return InMemoryRead(sql, parameters, sources or (source(),), **{"rows_limit": 100, **options})


def run(plan: InMemoryRead, policy: CachePolicy = FIVE_MINUTES) -> ReadResult:
    return run_sync(connections["default"].read(plan, policy))


def test_the_result_is_json_and_comes_back_as_sqlite_gave_it() -> None:
    Book.objects.create(id="a", title="Dune", price=9, pages=412)
    found = run(read("SELECT id, pages, pages / 2.0, NULL, x'00ff' FROM books"))
    assert found.data == {"rows": [["a", 412, 206.0, None, "AP8="]], "bytes": [[0, 4]]}
    assert rows_of(found.data) == [("a", 412, 206.0, None, b"\x00\xff")]


def test_the_text_tells_queries_apart() -> None:
    plans = [
        read("SELECT 1 FROM books"),
        read("SELECT ? FROM books", 1),
        read("SELECT ? FROM books", "1"),
        read("SELECT ? FROM books", 1.0),
        read("SELECT ? FROM books", b"1"),
        read("SELECT ? FROM books", None),
        read("SELECT 1 FROM books", sources=(source(condition=Clause("isNull", "pages")),)),
        read("SELECT 1 FROM books", sources=(source(copy=BOOKS._replace(columns=BOOKS.columns[:2])),)),
        read("SELECT 1 FROM books", sources=(source(), source(Reader, READERS))),
        read("SELECT 1 FROM books", sources=(source(), source(Reader, READERS, links=(Link("a", 0, "b", True),)))),
        read("SELECT 1 FROM books", rows_limit=5),
    ]
    assert len({str(plan) for plan in plans}) == len(plans)
    assert str(plans[0]) == str(read("SELECT 1 FROM books", page_size=3, reason="a join"))


def test_conditions_and_joins_say_which_rows_are_fetched() -> None:
    for number in range(4):
        Book.objects.create(id=f"b{number}", title=f"Book {number}", price=1, pages=number)
        Reader.objects.create(id=f"b{number}", name=f"Reader {number}")
    sources = (
        source(condition=Clause("greaterThan", "pages", (1,))),
        source(Reader, READERS, links=(Link("$id", 0, "$id", True),)),
    )
    plan = read("SELECT name FROM readers ORDER BY id", sources=sources)
    assert rows_of(run(plan).data) == [("Reader 2",), ("Reader 3",)]
    assert (plan.report.requests, plan.report.rows) == (2, 4)


def test_a_join_with_no_rows_needs_no_request() -> None:
    Reader.objects.create(name="Ada")
    sources = (source(condition=NOTHING), source(Reader, READERS, links=(Link("$id", 0, "$id", True),)))
    with counted() as costs:
        assert run(read("SELECT * FROM readers", sources=sources)).data["rows"] == []
    assert costs.requests == []


def test_many_ids_are_asked_for_in_several_requests() -> None:
    Book.objects.bulk_create([Book(id=f"book-{number:031d}", title=f"Book {number}", price=1) for number in range(250)])
    Reader.objects.bulk_create([Reader(id=f"book-{number:031d}", name="Ada") for number in range(300)])
    sources = (source(), source(Reader, READERS, links=(Link("$id", 0, "$id", True),)))
    plan = read("SELECT count(*) FROM readers", sources=sources, rows_limit=1000)
    assert run(plan).data["rows"] == [[250]]
    assert plan.report.requests > 2


def test_a_join_narrows_a_source_that_is_too_large() -> None:
    Book.objects.create(id="b1", title="Dune", price=1)
    for number in range(6):
        Reader.objects.create(id=f"b{number}", name=f"Reader {number}")
    link = Link("$id", 0, "$id", eager=False)
    plan = read("SELECT name FROM readers ORDER BY id", sources=(source(), source(Reader, READERS, links=(link,))))
    assert len(run(plan).data["rows"]) == 6
    plan = read(
        "SELECT name FROM books JOIN readers USING (id)",
        sources=(source(), source(Reader, READERS, links=(link,))),
        rows_limit=5,
    )
    assert run(plan).data["rows"] == [["Reader 1"]]


def test_a_source_that_is_too_large_waits_for_the_others() -> None:
    """The first one has too many rows, and no join with one before it."""
    for number in range(6):
        Book.objects.create(id=f"b{number}", title=f"Book {number}", price=1)
    for number in range(2):
        Reader.objects.create(id=f"b{number}", name=f"Reader {number}")
    sources = (source(links=(Link("$id", 1, "$id", eager=False),)), source(Reader, READERS))
    plan = read("SELECT title FROM books JOIN readers USING (id) ORDER BY id", sources=sources, rows_limit=5)
    assert run(plan).data["rows"] == [["Book 0"], ["Book 1"]]
    both = (
        source(links=(Link("$id", 1, "$id", False),)),
        source(Reader, READERS, links=(Link("$id", 0, "$id", False),)),
    )
    with pytest.raises(NotSupportedError, match="more than 1 rows of books"):
        run(read("SELECT title FROM books JOIN readers USING (id)", sources=both, rows_limit=1))


def test_a_source_that_is_too_large_is_refused_before_the_rest_of_it_is_read() -> None:
    Book.objects.bulk_create([Book(title=f"Book {number}", price=1) for number in range(50)])
    plan = read("SELECT * FROM books", rows_limit=20, page_size=5, reason="a group")
    message = (
        "Book: this query has to be answered in memory (a group) and would read more than 20 rows of books;"
        " narrow it, or raise OPTIONS['rows']."
    )
    with counted() as costs, pytest.raises(NotSupportedError) as error:
        run(plan)
    assert str(error.value) == message
    assert len(costs.requests) == 5


def test_errors_of_sqlite_are_djangos() -> None:
    with pytest.raises(OperationalError, match="no such column: colour"):
        run(read("SELECT colour FROM books"))


def test_a_row_that_does_not_fit_is_an_error_that_says_so() -> None:
    Book.objects.create(id="abc", title="Dune", price=1)
    numbers = MemoryTable('"books"', (MemoryColumn("$id", '"id" integer PRIMARY KEY'),))
    with pytest.raises(DataError, match="a row has an id that is not a number"):
        run(read("SELECT * FROM books", sources=(source(copy=numbers),)))
    missing = MemoryTable('"books"', (MemoryColumn("colour", '"colour" text'),))
    with pytest.raises(DataError, match="a row without the column 'colour'"):
        run(read("SELECT * FROM books", sources=(source(copy=missing),)))
    with pytest.raises(DataError, match="a value of another kind"):
        run(
            read("SELECT * FROM books", sources=(source(copy=BOOKS._replace(columns=(MemoryColumn("tags", "tags"),))),))
        )


def test_a_stale_refresh_is_made_in_another_thread() -> None:
    """Its SQLite database belongs to that thread, from its first row to its result."""
    Book.objects.create(title="Dune", price=1)
    policy = CachePolicy(ttl=0.05, stale_while_revalidate=60)
    plan = read("SELECT title FROM books")
    assert run(plan, policy).status is Status.MISS
    deadline = time.monotonic() + 10
    statuses = set()
    while time.monotonic() < deadline and Status.HIT not in statuses:
        found = run(plan, policy)
        assert found.data["rows"] == [["Dune"]]
        if Status.STALE in statuses or found.status is Status.STALE:
            statuses.add(found.status)
    assert statuses == {Status.STALE, Status.HIT}


def test_a_result_is_not_made_of_stale_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    Book.objects.create(title="Dune", price=1)
    stale = source(policy=CachePolicy(ttl=10, stale_while_revalidate=60, stale_if_error=60))
    assert run(read("SELECT title FROM books", sources=(stale,))).data["rows"] == [["Dune"]]
    later = time.time() + 20
    monkeypatch.setattr("django_appwrite_orm.cache.reads.time.time", lambda: later)
    with counted() as costs:
        found = run(read("SELECT title, 2 FROM books", sources=(stale,)))
    assert (found.status, len(costs.requests)) == (Status.MISS, 1)


def test_threads_that_ask_the_same_share_one_fetch() -> None:
    Book.objects.bulk_create([Book(title=f"Book {number}", price=1) for number in range(50)])
    results: list[Any] = []
    barrier = threading.Barrier(4)

    def ask() -> None:
        barrier.wait()
        results.append(run(read("SELECT count(*) FROM books")).data["rows"])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    with counted() as costs:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == [[[50]]] * 4
    assert len(costs.requests) == 1


def test_the_memory_is_freed_when_the_query_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    class Watched(sqlite3.Connection):
        pass

    opened: list[weakref.ref[Watched]] = []

    def connect(*args: Any, **options: Any) -> Watched:
        made = Watched(*args, **options)
        opened.append(weakref.ref(made))
        return made

    monkeypatch.setattr(load.sqlite3, "connect", connect)
    run(read("SELECT * FROM books"))
    with pytest.raises(OperationalError):
        run(read("SELECT colour FROM books"))
    gc.collect()
    assert len(opened) == 2
    assert [reference() for reference in opened] == [None, None]


def test_a_database_in_memory_is_closed_at_the_end() -> None:
    with memory_database() as database:
        assert database.run("SELECT django_date_trunc('year', '2024-05-31', NULL, NULL)", ()) == [("2024-01-01",)]
    with pytest.raises(Exception, match="closed"):
        database.run("SELECT 1", ())


def test_the_strictest_policy_holds_for_a_result_of_several_tables() -> None:
    assert strictest([CachePolicy(ttl=60, largest=5), CachePolicy(ttl=300, stale_if_error=9, largest=None)]) == (
        CachePolicy(ttl=60, largest=5)
    )
    assert strictest([CachePolicy(ttl=0), CachePolicy()]).ttl == 0


def test_the_limit_counts_the_rows_of_all_requests_of_a_source() -> None:
    Book.objects.bulk_create([Book(id=f"book-{number:031d}", title=f"Book {number}", price=1) for number in range(250)])
    Reader.objects.bulk_create([Reader(id=f"book-{number:031d}", name="Ada") for number in range(250)])
    sources = (source(), source(Reader, READERS, links=(Link("$id", 0, "$id", True),)))
    plan = read("SELECT count(*) FROM readers", sources=sources, rows_limit=250)
    assert run(plan).data["rows"] == [[250]]
    ids = Clause("equal", "$id", tuple(f"book-{number:031d}" for number in range(250)))
    with pytest.raises(NotSupportedError, match="more than 200 rows of library_reader"):
        run(read("SELECT 1 FROM readers", sources=(source(Reader, READERS, condition=ids),), rows_limit=200))


def test_a_condition_that_fits_into_no_requests_is_left_to_sqlite() -> None:
    Book.objects.create(id="a", title="Dune", price=9)
    values = tuple(f"{number:0500d}" for number in range(9_000))
    condition = Clause("equal", "title", values)
    plan = read("SELECT title FROM books", sources=(source(condition=condition),))
    assert run(plan).data["rows"] == [["Dune"]]
    assert plan.report.requests == 1
