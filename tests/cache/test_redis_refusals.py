"""A Redis that answers and takes no changes, under several processes: what one writes the others must not miss.

Processes are told apart by their caches' aliases: each has a ledger of its own, as in a process of its own. The last
test has a real one.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis as redis_client
from django.core.cache import caches
from django.test import override_settings

from django_appwrite_orm.cache import pending
from tests.support import redis_server
from tests.support.costs import counted
from tests.support.library.tables import Book, Reader

pytestmark = pytest.mark.filterwarnings("error")


class Scene:
    """A Redis, a client past the cache framework, a book, and what its price was last acknowledged to be."""

    def __init__(self, server: redis_server.Server, client: redis_client.Redis) -> None:
        self.server, self.client = server, client
        self.book = Book.objects.create(title="Dune", price=1)
        self.price = 1

    def write(self) -> None:
        """What process A changes."""
        self.price += 1
        self.book.price = self.price
        self.book.save()

    def seen_by(self, alias: str) -> float:
        (book,) = Book.objects.using(alias)
        return book.price


@pytest.fixture(params=redis_server.PAIRS, ids=" on ".join)
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    kind, backend = request.param
    connection = {"ENDPOINT": f"local:{tmp_path}/appwrite.sqlite3", "DATABASE_ID": "library"}
    aliases = ("default", "b", "c")
    with redis_server.server(kind) as server, redis_client.Redis.from_url(server.url) as client:
        cache = {**redis_server.BACKENDS[backend], "LOCATION": f"{server.url}?socket_timeout=30"}
        connections = {alias: {**connection, "CACHE": {"ALIAS": alias}} for alias in aliases}
        with override_settings(CACHES=dict.fromkeys(aliases, cache), APPWRITE_ORM=connections):
            request.getfixturevalue("library")
            scene = Scene(server, client)
            for _ in range(2):
                assert [scene.seen_by(alias) for alias in aliases] == [1, 1, 1]
            yield scene
            for alias in aliases:
                caches[alias].close()


def _become_a_replica(client: redis_client.Redis) -> None:
    client.replicaof("127.0.0.1", "1")


def _be_the_master_again(client: redis_client.Redis) -> None:
    client.replicaof("NO", "ONE")


def _lose_the_replicas(client: redis_client.Redis) -> None:
    client.config_set("min-replicas-to-write", 1)


def _need_no_replicas(client: redis_client.Redis) -> None:
    client.config_set("min-replicas-to-write", 0)


def _fail_to_save(client: redis_client.Redis) -> None:
    """MISCONF: there is nowhere to save to."""
    Path(client.config_get("dir")["dir"]).rmdir()
    client.config_set("save", "3600 1")
    client.bgsave()
    while client.info("persistence")["rdb_last_bgsave_status"] != "err":
        time.sleep(0.01)


def _save_nothing(client: redis_client.Redis) -> None:
    client.config_set("save", "")


def _take_rights_away(client: redis_client.Redis) -> None:
    client.execute_command("ACL", "SETUSER", "default", "-@write")


def _give_rights(client: redis_client.Redis) -> None:
    client.execute_command("ACL", "SETUSER", "default", "+@write")


REFUSALS: dict[str, tuple[Callable, Callable]] = {
    "READONLY": (_become_a_replica, _be_the_master_again),
    "NOREPLICAS": (_lose_the_replicas, _need_no_replicas),
    "MISCONF": (_fail_to_save, _save_nothing),
    "NOPERM": (_take_rights_away, _give_rights),
}


@pytest.fixture(params=REFUSALS)
def fault(request: pytest.FixtureRequest) -> tuple[Callable, Callable]:
    return REFUSALS[request.param]


@pytest.fixture
def proofs_count(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Says for how many seconds a cache that took a change is believed."""
    return lambda seconds: monkeypatch.setattr(pending, "PROOF", seconds)


def test_nobody_believes_a_cache_that_takes_no_changes(scene: Scene, fault, proofs_count) -> None:
    refuse, mend = fault
    proofs_count(-1)
    refuse(scene.client)
    for _ in range(3):
        scene.write()
        assert [scene.seen_by(alias) for alias in ("b", "c", "default")] == [scene.price] * 3
    mend(scene.client)
    # The first process has not yet made up for what it could not delete, and does nothing now.
    assert [scene.seen_by(alias) for alias in ("b", "c")] == [scene.price] * 2
    for alias in ("b", "default", "c"):
        scene.write()
        assert scene.seen_by(alias) == scene.price
    proofs_count(3600)
    for alias in ("b", "c", "default"):
        scene.seen_by(alias)
        with counted() as costs:
            assert scene.seen_by(alias) == scene.price
        assert (costs.requests, costs.cache) == ([], ["get_many"])


def test_each_table_is_asked_for_again_after_an_outage(scene: Scene, proofs_count) -> None:
    """Not only the one whose reader noticed it."""
    proofs_count(-1)
    assert list(Reader.objects.using("b")) == []
    _become_a_replica(scene.client)
    Reader.objects.create(name="Ada")
    scene.seen_by("b")
    _be_the_master_again(scene.client)
    assert [reader.name for reader in Reader.objects.using("b")] == ["Ada"]


def test_a_proof_counts_for_as_long_as_is_said_and_no_longer(scene: Scene, fault, proofs_count) -> None:
    refuse, _ = fault
    scene.seen_by("b")
    proofs_count(3600)
    refuse(scene.client)
    scene.write()
    assert scene.seen_by("b") == 1  # what docs/explanation/guarantees.md says of the first second
    proofs_count(-1)
    assert scene.seen_by("b") == scene.price
    proofs_count(3600)  # it has seen the refusal, and waits for no proof to become old
    scene.write()
    assert scene.seen_by("b") == scene.price


def test_who_has_noticed_nothing_sees_it_when_the_writer_is_at_work_again(scene: Scene, proofs_count) -> None:
    """What remains open: the process was idle for all of the outage, and the writer since."""
    proofs_count(-1)
    _become_a_replica(scene.client)
    scene.write()
    _be_the_master_again(scene.client)
    assert scene.seen_by("c") == 1
    assert scene.seen_by("default") == scene.price
    assert scene.seen_by("c") == scene.price


def test_a_full_redis_still_deletes_and_is_believed(scene: Scene, proofs_count) -> None:
    proofs_count(-1)
    scene.client.config_set("maxmemory-policy", "noeviction")
    scene.client.config_set("maxmemory", "1")
    with counted() as costs:
        assert scene.seen_by("b") == 1
    assert costs.requests == []  # what is cached already is still hit
    scene.write()
    assert [scene.seen_by(alias) for alias in ("b", "c", "default")] == [scene.price] * 3


def test_a_redis_that_was_away_and_comes_back_with_what_it_had(scene: Scene) -> None:
    """Each process noticed: nothing is believed that was there before."""
    for alias in ("default", "b", "c"):
        caches[alias].close()
    with override_settings(
        CACHES={
            alias: {**caches.settings[alias], "LOCATION": f"{scene.server.url}?socket_timeout=0.2"}
            for alias in ("default", "b", "c")
        }
    ):
        assert scene.seen_by("b") == 1
        scene.server.freeze()
        scene.write()
        assert scene.seen_by("b") == scene.price
        scene.server.thaw()
        assert scene.seen_by("b") == scene.price


def test_a_hit_costs_one_look_and_a_proof_when_it_is_due(scene: Scene, proofs_count) -> None:
    proofs_count(3600)
    with counted() as costs:
        scene.seen_by("b")
    assert costs.cache == ["get_many"]
    proofs_count(-1)
    with counted() as costs:
        scene.seen_by("b")
    assert (costs.cache, costs.requests) == (["delete_many", "get_many"], [])


@pytest.mark.slow
@pytest.mark.parametrize("scene", [("Redis", "django")], indirect=True, ids=" on ".join)
def test_a_process_of_its_own_reads_what_was_written(scene: Scene, fault, tmp_path: Path) -> None:
    refuse, mend = fault
    command = [sys.executable, "-m", "tests.support.reading_process", scene.server.url]
    command += [f"local:{tmp_path}/appwrite.sqlite3", "-1"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:

        def seen() -> list[str]:
            other.stdin.write("\n")
            other.stdin.flush()
            return other.stdout.readline().split()

        seen()
        assert seen() == ["1.0", "HIT"]
        refuse(scene.client)
        scene.write()
        assert seen() == ["2.0", "BYPASS"]
        mend(scene.client)
        assert seen() == ["2.0", "MISS"]
        assert seen() == ["2.0", "HIT"]
        other.stdin.close()
