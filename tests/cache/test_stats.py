"""Statistics: counted where it happens, added up where it is shared, shown by a command."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from unittest import mock

import pytest
from django.core.cache import caches
from django.core.management import CommandError, call_command
from django.test import override_settings

from django_appwrite_orm import Table, columns, orm
from django_appwrite_orm.cache.stats import Counts
from django_appwrite_orm.connection import connections
from django_appwrite_orm.exceptions import CacheUnavailable, ConfigurationError, InvalidRequest
from django_appwrite_orm.registry import registry
from tests.support import redis_server
from tests.support.costs import counted
from tests.support.library.tables import Book, Reader


@pytest.mark.usefixtures("library")
def test_what_is_counted() -> None:
    orm.reset_stats()
    Book.objects.create(title="Dune", price=9)
    for _ in range(3):
        list(Book.objects.all())
    list(Book.objects.uncached())
    Book.objects.set_updated(False)
    with pytest.raises(InvalidRequest):
        orm.table("books").find(['equal("nothing", 1)'])
    counts = orm.stats()["books"]
    assert {name: counts[name] for name in ("reads", "hits", "misses", "bypasses", "stale")} == {
        "reads": 4, "hits": 2, "misses": 1, "bypasses": 1, "stale": 0,
    }  # fmt: skip
    assert (counts["invalidations"], counts["errors"], counts["hit_rate"]) == (2, 1, 50.0)
    assert counts["bytes"] > 0
    assert counts["hit_time"] > 0
    assert orm.stats()["library_reader"]["reads"] == 0
    assert asyncio.run(orm.astats())["books"] == orm.stats()["books"]
    asyncio.run(orm.areset_stats())
    assert orm.stats()["books"]["reads"] == 0
    orm.reset_stats()
    assert orm.stats()["books"]["reads"] == 0


@pytest.mark.usefixtures("library")
def test_reset_stats_takes_the_names_that_orm_table_takes() -> None:
    for name in ("books", Book._meta.id, Book._meta.label):
        list(Book.objects.all())
        orm.reset_stats(name)
        assert orm.stats()["books"]["reads"] == 0
    with pytest.raises(ConfigurationError, match=r"no table 'bookz'.* Did you mean: books"):
        orm.reset_stats("bookz")


def test_what_is_made_of_the_counts() -> None:
    counts = Counts(hits=8, misses=2, hit_time=8_000, miss_time=200_000)
    assert (counts.reads, counts.hit_rate) == (10, 80.0)
    assert counts.saved == pytest.approx(0.792)
    assert (Counts().hit_rate, Counts().saved, Counts(hits=3).saved) == (0.0, 0.0, 0.0)


@pytest.fixture
def on_redis(tmp_path, request: pytest.FixtureRequest) -> Iterator[None]:
    with redis_server.running() as url:
        cache = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}
        connection = {"ENDPOINT": f"local:{tmp_path}/appwrite.sqlite3", "DATABASE_ID": "library"}
        with override_settings(CACHES={"default": cache}, APPWRITE_ORM={"default": connection}):
            request.getfixturevalue("library")
            yield
            connections.reset()
            caches["default"].close()


def test_processes_are_added_up_without_a_round_trip_per_read(on_redis: None) -> None:
    list(Book.objects.all())
    with counted() as costs:
        list(Book.objects.all())
    assert costs.cache == ["get_many"]
    connections["default"].statistics.flush()
    connections.reset()  # another process begins, with counters of its own
    list(Book.objects.all())
    assert orm.stats()["books"]["reads"] == 3
    connections["default"].statistics.flush()
    assert orm.stats()["books"]["reads"] == 3
    assert orm.stats()["books"]["hits"] == 2
    orm.reset_stats()
    assert orm.stats()["books"]["reads"] == 0


def test_a_counter_that_has_a_total_is_added_by_one_call(on_redis: None) -> None:
    statistics, cache = connections["default"].statistics, caches["default"]
    orm.reset_stats()
    for added, flushes in ((1, 1), (0, 3)):
        with mock.patch.object(cache, "add", wraps=cache.add) as add:
            for _ in range(flushes):
                statistics.note_invalidation("books")
                statistics.flush()
        assert add.call_count == added
    assert orm.stats()["books"]["invalidations"] == 4


def test_a_first_count_beside_that_of_another_process_is_not_lost(on_redis: None) -> None:
    """The other one stores its total after this one has found none, and before this one stores its own."""
    statistics, cache = connections["default"].statistics, caches["default"]
    orm.reset_stats()
    incr, tried = cache.incr, []

    def slow(key: str, amount: int) -> int:
        try:
            return incr(key, amount)
        finally:
            if not tried:
                tried.append(key)
                cache.add(key, 2, 60)

    statistics.note_invalidation("books")
    with mock.patch.object(cache, "incr", slow):
        statistics.flush()
    assert orm.stats()["books"]["invalidations"] == 3


FORKING = """
import os, sys, time
from django.conf import settings
settings.configure(CACHES={"default": {
    "BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": sys.argv[1]}})
from django_appwrite_orm.cache import Status, stats as statistics
from django_appwrite_orm.cache.stats import Statistics, all_totals
counters = Statistics("default", "forked", shared=True)
counters.note_read("books", Status.HIT, 0, 0)
statistics.FLUSH_INTERVAL = 0.05
child = os.fork()
if not child:
    counters.note_read("books", Status.HIT, 0, 0)
    stored, end = Statistics("default", "forked", shared=True), time.monotonic() + 30
    while not all_totals([stored], ["books"])["books"].hits and time.monotonic() < end:
        time.sleep(0.01)
    os._exit(0)
os.waitpid(child, 0)
counters.flush()
print(all_totals([counters], ["books"])["books"].hits)
os._exit(sys.stdout.flush() or 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only where processes fork")
def test_a_forked_worker_adds_its_own_counts_and_not_its_parents(tmp_path) -> None:
    """As when a server reads something before it forks its workers, which it ends without ceremony."""
    command = [sys.executable, "-W", "ignore", "-c", FORKING, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "2", done.stderr


def test_a_total_that_is_no_number_counts_for_nothing(on_redis: None) -> None:
    statistics = connections["default"].statistics
    list(Book.objects.all())
    statistics.flush()
    caches["default"].set(statistics._key("books", "hits"), "many")
    assert {name: orm.stats()["books"][name] for name in ("hits", "misses")} == {"hits": 0, "misses": 1}


def test_a_cache_that_fails_hurts_nobody(on_redis: None) -> None:
    list(Book.objects.all())
    real = caches["default"].add
    caches["default"].add = lambda *args: 1 / 0
    try:
        connections["default"].statistics.flush()
    finally:
        caches["default"].add = real
    assert orm.stats()["books"]["reads"] == 0


@pytest.mark.usefixtures("library")
def test_the_command() -> None:
    list(Book.objects.all())
    out, err = StringIO(), StringIO()
    call_command("stats_appwrite", stdout=out, stderr=err)
    head, *rows = out.getvalue().splitlines()
    assert head.split()[:3] == ["table", "reads", "hits"]
    (of_books,) = (row.split() for row in rows if row.startswith("books"))
    assert of_books[:2] == ["books", "1"]
    assert [of_books[n] for n in (7, 12)] == ["%", "s"]
    assert "not shared" in err.getvalue()
    out = StringIO()
    call_command("stats_appwrite", "books", json=True, stdout=out, stderr=err)
    assert json.loads(out.getvalue())["books"]["misses"] == 1
    with pytest.raises(CommandError, match="no table 'bookz'"):
        call_command("stats_appwrite", "bookz", stderr=err)
    list(Reader.objects.all())
    call_command("stats_appwrite", "library_reader", reset=True, stdout=out)
    assert (orm.stats()["books"]["reads"], orm.stats()["library_reader"]["reads"]) == (1, 0)
    with pytest.raises(CommandError, match="no table 'bookz'"):
        call_command("stats_appwrite", "bookz", reset=True, stderr=err)
    call_command("stats_appwrite", reset=True, stdout=out)
    assert orm.stats()["books"]["reads"] == 0


@pytest.mark.parametrize("arguments", [(), ("books",), ("--json",), ("--reset",), ("--watch", "1")])
def test_the_command_while_the_cache_is_away(on_redis: None, arguments: tuple[str, ...]) -> None:
    broken = {name: mock.Mock(side_effect=OSError("connection refused")) for name in ("get_many", "delete_many")}
    list(Book.objects.all())
    with mock.patch.multiple(caches["default"], **broken):
        with pytest.raises(
            CommandError, match=r"'default' failed: connection refused.* The statistics are stored in it"
        ):
            call_command("stats_appwrite", *arguments, stdout=StringIO(), stderr=StringIO())
        with pytest.raises(CommandError, match="no table 'bookz'"):
            call_command("stats_appwrite", "bookz", stderr=StringIO())
        assert list(Book.objects.all()) == []
    assert orm.stats()["books"]["reads"] == 2  # a reset that failed has changed nothing


def test_the_password_in_a_cache_error_is_masked(on_redis: None, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="django_appwrite_orm.cache")
    broken = {
        name: mock.Mock(side_effect=OSError("redis://app:hunter2@cache.example refused"))
        for name in ("get_many", "delete_many")
    }
    list(Book.objects.all())
    with mock.patch.multiple(caches["default"], **broken), pytest.raises(CacheUnavailable) as caught:
        connections["default"].statistics.reset(["books"])
    with mock.patch.object(caches["default"], "add", broken["get_many"]):
        connections["default"].statistics.flush()
    texts = [str(caught.value), *(record.getMessage() for record in caplog.records)]
    assert all("cache.example refused" in text for text in (texts[0], texts[-1]))
    assert not any("hunter2" in text for text in texts)


@pytest.mark.usefixtures("library")
def test_clear_appwrite() -> None:
    for named in ((), ("books",)):
        list(Book.objects.all())
        out = StringIO()
        call_command("clear_appwrite", *named, stdout=out)
        assert not Book.objects.is_updated()
        assert "Invalidated" in out.getvalue()
        assert "The cache 'default' is local to one process" in out.getvalue()
    with pytest.raises(CommandError, match="no table"):
        call_command("clear_appwrite", "bookz")


def test_clear_appwrite_says_what_it_could_not_do() -> None:
    with pytest.raises(CommandError, match="'other'"):
        call_command("clear_appwrite", "books", "--database", "other")
    broken = mock.patch.object(caches["default"], "delete_many", side_effect=OSError("down"))
    with broken, pytest.raises(CommandError, match="results of books"):
        call_command("clear_appwrite", "books")


def test_all_caches_are_those_of_tables_that_share_a_name_too() -> None:
    class Twin(Table):
        title = columns.String()

        class Meta:
            name = Book._meta.name
            id = "twins"

    tokens = [connections["default"].table_keys(table._meta.ref("library")).token for table in (Book, Twin)]
    registry.add(Twin)
    try:
        caches["default"].set_many(dict.fromkeys(tokens, "a version"))
        orm.clear_caches()
    finally:
        registry.discard(Twin)
    assert caches["default"].get_many(tokens) == {}


@pytest.mark.usefixtures("on_redis")
def test_two_connections_to_one_project_share_their_totals(settings) -> None:
    """What is stored once is added once."""
    default = settings.APPWRITE_ORM["default"]
    settings.APPWRITE_ORM = {"default": default, "other": {**default, "DATABASE_ID": "branch"}}
    for alias in ("default", "other"):
        connections[alias].statistics.note_error("books")
        connections[alias].statistics.flush()
        connections[alias].statistics.note_error("books")
    assert orm.stats()["books"]["errors"] == 4
