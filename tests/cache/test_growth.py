"""What must not grow: the work of a hit, an invalidation and a look-up with the number of entries and tables."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import redis
from django.core.cache import caches
from django.test import override_settings

from django_appwrite_orm import Table, columns, orm
from django_appwrite_orm.cache import stats
from django_appwrite_orm.connection import connections
from django_appwrite_orm.events.dispatch import dispatch_event
from django_appwrite_orm.registry import registry
from django_appwrite_orm.relations.paths import reverse_paths
from django_appwrite_orm.sansio import run_sync
from tests.support import redis_server
from tests.support.instructions import instructions_of
from tests.support.library.tables import Book


@pytest.fixture
def server(tmp_path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[redis.Redis]:
    monkeypatch.setattr(stats, "FLUSH_INTERVAL", 3_600)  # no thread sends commands meanwhile
    with redis_server.running() as url, redis.Redis.from_url(url) as client:
        cache = {**redis_server.BACKENDS["django-redis, contrib.redis_json"], "LOCATION": url}
        connection = {"ENDPOINT": f"local:{tmp_path}/appwrite.sqlite3", "DATABASE_ID": "library"}
        with override_settings(CACHES={"default": cache}, APPWRITE_ORM={"default": connection}):
            request.getfixturevalue("library")
            yield client
            connections.reset()
            caches["default"].close()


def commands_of(server: redis.Redis, action: Callable[[], object]) -> dict[str, int]:
    """Return how often `action` sends each command to Redis."""
    server.config_resetstat()
    action()
    calls: dict[str, Any] = server.info("commandstats")
    names = {name.removeprefix("cmdstat_"): each["calls"] for name, each in calls.items()}
    return {name: number for name, number in names.items() if not name.startswith(("config", "info"))}


def create() -> object:
    return Book.objects.create(title=secrets.token_hex(8), price=9)


def invalidation() -> object:
    return Book.objects.set_updated(False)


def test_an_invalidation_of_many_entries_is_one_command(server: redis.Redis) -> None:
    for entries in (1, 300):
        for pages in range(entries):
            list(Book.objects.filter(pages=pages))
        assert commands_of(server, invalidation) == {"del": 1}
        assert server.dbsize() >= entries  # they are still there, and no reader takes them
        list(Book.objects.all())
        assert commands_of(server, create) == {"set": 1, "del": 2}


@contextmanager
def further_tables(number: int) -> Iterator[None]:
    def declared(name: str) -> type[Table]:
        return registry.add(type(name, (Table,), {"__module__": __name__, "name": columns.String(size=9)}))

    tables = [declared(f"Further{n}") for n in range(number)]
    try:
        yield
    finally:
        for table in tables:
            registry.discard(table)


def by_name() -> object:
    return orm.table("books")


def related() -> object:
    return list(reverse_paths(Book))


def hit() -> object:
    return list(Book.objects.all())


def reported(table: str = "books") -> object:
    names = [f"databases.library.tables.{table}.rows.a.update", f"databases.library.tables.{table}", "databases.*"]
    return run_sync(dispatch_event(names, {"$id": "a"}, "default"))


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("action", [by_name, related, hit, invalidation, reported])
def test_it_takes_as_much_work_among_many_tables(action: Callable[[], object]) -> None:
    alone = instructions_of(action).own
    with further_tables(200):
        action()
        assert instructions_of(action).own <= alone * 1.2


@pytest.mark.usefixtures("library")
def test_the_first_report_of_each_table_does_not_look_through_all_tables() -> None:
    with further_tables(200):
        reported()
        ids = iter(["further1", "further2", "further3"])
        first = instructions_of(lambda: reported(next(ids))).own
        again = instructions_of(lambda: reported("further1")).own
    assert first <= again * 1.5


def test_many_tables_add_their_statistics_in_turns(server: redis.Redis) -> None:
    statistics = connections["default"].statistics
    statistics.flush()
    ids = [f"t{number}" for number in range(5)]
    for table in [*ids, "t0"]:
        statistics.note_invalidation(table)

    def stored() -> dict[str, int]:
        totals = {table: stats.Counts() for table in ids}
        statistics.add_stored(totals)
        return {table: counts.invalidations for table, counts in totals.items() if counts.invalidations}

    statistics.flush(2)
    assert stored() == {"t0": 2, "t1": 1}
    assert statistics._timer is not None
    statistics.note_invalidation("t0")
    assert commands_of(server, lambda: statistics.flush(2))["set"] == 2
    assert stored() == {"t0": 2, "t1": 1, "t2": 1, "t3": 1}
    statistics.flush(2)
    assert stored() == {"t0": 3, **dict.fromkeys(ids[1:], 1)}
    assert statistics._timer is None
    statistics.note_invalidation("t0")
    assert "set" not in commands_of(server, statistics.flush)  # a total that exists takes one call
    assert stored()["t0"] == 4
    statistics.close()
