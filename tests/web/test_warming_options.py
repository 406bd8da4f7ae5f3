"""Functions to warm, several at a time, only what is stale, by the clock, as a task."""

from __future__ import annotations

import threading
from io import StringIO

import django
import pytest
from django.core.management import CommandError, call_command

from django_appwrite_orm import warming
from django_appwrite_orm.management.commands import warm_appwrite as command
from django_appwrite_orm.web import warms
from tests.support.costs import counted
from tests.support.library.tables import Book, Reader

pytestmark = pytest.mark.usefixtures("library")


@pytest.fixture(autouse=True)
def functions(monkeypatch: pytest.MonkeyPatch) -> dict:
    own: dict = {}
    monkeypatch.setattr(warming, "_functions", own)
    return own


def told(*labels: str, **options: object) -> str:
    out = StringIO()
    call_command("warm_appwrite", *labels, stdout=out, no_color=True, **options)
    return out.getvalue()


def test_functions_are_warmed_too() -> None:
    @warms
    def readers_and_books():
        return [*Reader.objects.all(), *Book.objects.order_by("title")]

    Reader.objects.create(name="x")
    Book.objects.create(title="Dune", price=1)
    name = f"{__name__}.{readers_and_books.__qualname__}"
    said = told()
    assert f"{name}: 2 rows" in said
    assert "Total: 3 rows" in said
    with counted() as costs:
        readers_and_books()
    assert costs.requests == []
    assert "\nbooks:" not in "\n" + told(name)


def test_several_at_a_time_meet() -> None:
    both = threading.Barrier(2, timeout=60)

    @warms
    def first() -> None:
        both.wait()
        Reader.objects.count()

    @warms
    def second() -> None:
        both.wait()
        Reader.objects.exists()

    labels = [f"{__name__}.{f.__qualname__}" for f in (first, second)]
    assert told(*labels, concurrency=2).count(": 0 rows") == 3


def test_what_is_current_is_passed_over() -> None:
    told()
    with counted() as costs:
        assert "books: current" in told(if_stale=True)
    assert costs.requests == []
    Book.objects.set_updated(False)
    assert "books: 0 rows" in told(if_stale=True)


def test_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(command.time, "sleep", sleep)
    out = StringIO()
    with pytest.raises(KeyboardInterrupt):
        call_command("warm_appwrite", interval=7.0, stdout=out, no_color=True)
    assert slept == [7.0] * 3
    assert out.getvalue().count("books: 0 rows") == 3


@pytest.mark.parametrize("options", [{"concurrency": 0}, {"interval": 0.0}, {"interval": -1.0}])
def test_numbers_that_make_no_sense(options: dict) -> None:
    with pytest.raises(CommandError, match="--concurrency must be"):
        told(**options)


@pytest.mark.skipif(django.VERSION < (6, 0), reason="Django has tasks from 6.0 on")
def test_as_a_task(settings) -> None:
    settings.TASKS = {"default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}}
    from django_appwrite_orm.contrib.tasks import warm_cache

    assert warm_cache.enqueue(["library"]).return_value == {"books": None}
    with counted() as costs:
        list(Book.objects.all())
    assert costs.requests == []


@pytest.mark.skipif(django.VERSION < (6, 0), reason="Django has tasks from 6.0 on")
@pytest.mark.parametrize("label", ["books", "library.Book"])
def test_a_task_takes_what_other_calls_name_a_table_by(label: str, settings) -> None:
    settings.TASKS = {"default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}}
    from django_appwrite_orm.contrib.tasks import warm_cache

    assert warm_cache.enqueue([label]).return_value == {"books": None}


@pytest.mark.parametrize(
    ("labels", "alias", "says"),
    [
        (["library_reader"], None, "Set `warm = True` in the Meta of library.Reader"),
        (["library.Reader"], None, "Set `warm = True` in the Meta of library.Reader"),
        (["bookz"], None, "Choose one of: books, library, library.Book"),
        (["books"], "other", "is not on the connection 'other', but on 'default'"),
    ],
)
def test_a_label_that_names_nothing_says_what_to_write(
    labels: list[str], alias: str | None, says: str, settings
) -> None:
    settings.APPWRITE_ORM = {**settings.APPWRITE_ORM, "other": settings.APPWRITE_ORM["default"]}
    with pytest.raises(LookupError) as raised:
        warming.jobs(alias, labels)
    assert says in str(raised.value)
