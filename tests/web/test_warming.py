"""warm_appwrite and WARM_ON_START: what is read, what is said, and how often."""

from __future__ import annotations

import logging
from io import StringIO
from unittest import mock

import pytest
from django.core.cache import caches
from django.core.management import CommandError, call_command
from django.test import Client

from django_appwrite_orm import Table, columns, warming
from django_appwrite_orm.connection import connections
from django_appwrite_orm.registry import registry
from django_appwrite_orm.web import warm_start
from tests.support.costs import counted
from tests.support.library.tables import Book
from tests.support.waiting import warming_ended

PER_PROCESS = "is local to one process"


@pytest.fixture
def declared():
    """Declare a table for one test: `declared(warm=..., using=...)`."""
    made: list[type[Table]] = []

    def declare(label: str = "Shelf", **meta) -> type[Table]:
        body = {"__module__": __name__, "name": columns.String(), "Meta": type("Meta", (), {"name": label, **meta})}
        made.append(registry.add(type(label, (Table,), body)))
        return made[-1]

    yield declare
    for table in made:
        registry.discard(table)


def warm_appwrite(*arguments: str) -> tuple[str, str, CommandError | None]:
    out, err, failure = StringIO(), StringIO(), None
    try:
        call_command("warm_appwrite", *arguments, stdout=out, stderr=err, no_color=True)
    except CommandError as error:
        failure = error
    return out.getvalue(), err.getvalue(), failure


def test_what_is_warm_is_a_hit() -> None:
    Book.objects.bulk_create([Book(title=f"{n}", price=n) for n in range(3)])
    out, err, failure = warm_appwrite()
    assert out.startswith("books: 3 rows in ")
    assert (err, failure) == ("", None)
    with counted() as costs:
        assert len(Book.objects.all()) == 3
    assert costs.requests == []


def test_functions_may_give_querysets_lists_and_numbers(monkeypatch) -> None:
    Book.objects.bulk_create([Book(title=f"{n}", price=n) for n in range(3)])
    warm = (
        lambda books: books.order_by("-price")[:2],
        lambda books: [books.get(title="0")],
        lambda books: books.count(),
        lambda books: books.exists(),
    )
    monkeypatch.setattr(Book._meta, "warm", warm)
    assert warm_appwrite()[0].startswith("books: 3 rows in ")
    with counted() as costs:
        assert [book.title for book in Book.objects.order_by("-price")[:2]] == ["2", "1"]
        assert Book.objects.get(title="0").price == 0
        assert Book.objects.count() == 3
        assert Book.objects.exists()
    assert costs.requests == []


def test_failures_are_listed_and_the_others_warmed(declared) -> None:
    declared("absent", warm=True)
    declared("broken", warm=[lambda rows: 1 / 0])
    out, err, failure = warm_appwrite()
    assert "books: 0 rows" in out
    assert "absent: NotFound: " in err
    assert "broken: ZeroDivisionError: division by zero" in err
    assert str(failure) == "Not warm: absent, broken."
    assert failure.returncode == 1


@pytest.mark.parametrize("why", ["ttl", "cache"])
def test_what_was_read_but_not_kept_is_a_failure(settings, monkeypatch, why: str) -> None:
    if why == "ttl":
        monkeypatch.setattr(Book._meta, "warm", [lambda books: books.uncached()])
    else:
        monkeypatch.setattr(type(caches["default"]), "set", mock.Mock(side_effect=OSError("full")))
    _, err, failure = warm_appwrite()
    assert "books: the rows were read but not stored" in err
    assert failure is not None


def test_a_cache_of_one_process_is_told_of(settings) -> None:
    assert PER_PROCESS in warm_appwrite()[0]
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    assert PER_PROCESS in warm_appwrite()[0]


def test_a_shared_cache_is_not(settings, tmp_path) -> None:
    backend = "django.core.cache.backends.filebased.FileBasedCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": str(tmp_path)}}
    assert PER_PROCESS not in warm_appwrite()[0]


@pytest.mark.parametrize("label", ["books", "library", "library.Book"])
def test_labels(declared, label: str) -> None:
    declared("absent", warm=True)
    out, err, failure = warm_appwrite(label)
    assert out.startswith("books: ")
    assert (err, failure) == ("", None)


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("nowhere", "'nowhere' is not an app, table or function that declares something to warm"),
        ("library_reader", "Table 'library_reader' declares nothing to warm. Set `warm = True`"),
    ],
)
def test_a_label_that_chooses_nothing_to_warm_is_an_error(label: str, message: str) -> None:
    assert message in str(warm_appwrite(label)[2])


def test_one_connection(settings, declared) -> None:
    settings.APPWRITE_ORM = {
        "default": settings.APPWRITE_ORM["default"],
        "archive": {"ENDPOINT": "local::memory:", "DATABASE_ID": "archive"},
    }
    declared("old", warm=True, using="archive")
    assert [job.label for job in warming.jobs("archive")] == ["old"]
    assert "books: 0 rows" in warm_appwrite("--database", "default")[0]
    assert "old" in warm_appwrite("--database", "archive")[1]
    assert "It has: default, archive." in str(warm_appwrite("--database", "nowhere")[2])


def test_nothing_declared(monkeypatch) -> None:
    monkeypatch.setattr(Book._meta, "warm", ())
    assert "No table declares anything to warm" in warm_appwrite()[0]


# WARM_ON_START


@pytest.fixture
def on_start(settings) -> None:
    settings.APPWRITE_ORM = {"default": {**settings.APPWRITE_ORM["default"], "WARM_ON_START": True}}


@pytest.fixture
def started(monkeypatch) -> list[list[str]]:
    """The aliases of each warming that was started."""
    starts: list[list[str]] = []
    monkeypatch.setattr(warm_start, "_warm_all", starts.append)
    return starts


def test_the_first_request_warms_the_process(on_start) -> None:
    Client().get("/nothing")
    warming_ended()
    with counted() as costs:
        list(Book.objects.all())
    assert costs.requests == []


def test_once_per_process_also_after_a_fork(on_start, started, monkeypatch) -> None:
    for _ in range(3):
        Client().get("/nothing")
    warming_ended()
    assert started == [["default"]]
    monkeypatch.setattr(warm_start.os, "getpid", lambda: -1)  # as in a child, which has a copy of the parent's memory
    for _ in range(3):
        Client().get("/nothing")
    warming_ended()
    assert started == [["default"], ["default"]]


def test_not_in_a_process_that_has_been_warmed(on_start, started) -> None:
    assert warm_start.claim()
    assert not warm_start.claim()
    Client().get("/nothing")
    warming_ended()
    assert started == []


def test_no_warming_without_warm_on_start(started) -> None:
    Client().get("/nothing")
    warming_ended()
    assert started == []


def test_not_in_a_command(on_start, started) -> None:
    warm_appwrite()
    call_command("check")
    warming_ended()
    assert started == []


def test_a_failure_is_logged_and_the_site_goes_on(on_start, declared, caplog) -> None:
    declared("absent", warm=True)
    with caplog.at_level(logging.INFO, "django_appwrite_orm.web"):
        assert Client().get("/nothing").status_code == 200
        warming_ended()
    said = [(record.levelname, record.getMessage()) for record in caplog.records if record.name.endswith(".web")]
    assert [level for level, _ in said] == ["INFO", "WARNING"]
    assert said[0][1].startswith("Warmed 'books': 0 rows in ")
    assert said[1][1].startswith("'absent' could not be warmed: NotFound: ")


def test_settings_that_cannot_be_used_are_logged_too(settings, caplog) -> None:
    settings.APPWRITE_ORM = {"default": {"ENDPOINT": "ftp://x", "WARM_ON_START": True}}
    Client().get("/nothing")
    warming_ended()
    assert "could not be warmed: ConfigurationError: " in caplog.text
    connections.reset()
