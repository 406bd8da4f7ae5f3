"""What is the matter with the cache is no matter to those who read and write: a fault each, on a real Redis.

Every test does the same before, during and after the fault: it changes a row, and reads it in three ways. What
is read must be what was written last, nothing may raise, and the log must have one warning, or none where the
fault does not show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis as redis_client
from django.core.cache import caches
from django.test import override_settings

from django_appwrite_orm.cache import backend
from tests.support import redis_server
from tests.support.costs import counted
from tests.support.library.tables import Book, Reader


@dataclass
class Scene:
    """A Redis, a client past the cache framework, and the book whose price is changed."""

    server: redis_server.Server
    client: redis_client.Redis
    book: Book
    price: int = 1

    def go_on(self) -> None:
        """Change the price, and see the change in every answer."""
        self.price += 1
        self.book.price = self.price
        self.book.save()
        self.look()

    def look(self) -> None:
        for _ in range(2):
            assert [book.price for book in Book.objects.all()] == [self.price]
            assert Book.objects.get(pk=self.book.id).price == self.price
            assert Book.objects.filter(price=self.price).count() == 1
            assert list(Reader.objects.all()) == []


@pytest.fixture
def limit() -> float:
    """Seconds that a call of the cache may take: more than any machine stands still."""
    return 30


@pytest.fixture(params=redis_server.PAIRS, ids=" on ".join)
def scene(request: pytest.FixtureRequest, tmp_path: Path, limit: float) -> Iterator[Scene]:
    kind, backend = request.param
    connection = {"ENDPOINT": f"local:{tmp_path}/appwrite.sqlite3", "DATABASE_ID": "library"}
    with redis_server.server(kind) as server, redis_client.Redis.from_url(server.url) as client:
        cache = {**redis_server.BACKENDS[backend], "LOCATION": f"{server.url}?socket_timeout={limit}"}
        with override_settings(CACHES={"default": cache}, APPWRITE_ORM={"default": connection}):
            request.getfixturevalue("library")
            scene = Scene(server, client, Book.objects.create(title="Dune", price=1))
            scene.go_on()
            yield scene
            caches["default"].close()


@contextmanager
def warnings(caplog: pytest.LogCaptureFixture, count: int) -> Iterator[None]:
    """There are so many lines about the cache inside, all of them warnings."""
    caplog.clear()
    with caplog.at_level("INFO", "django_appwrite_orm.cache"):
        yield
    assert [record.levelname for record in caplog.records] == ["WARNING"] * count, caplog.text


def back_to_normal(scene: Scene, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault is mended: one line says so, answers are right from the first one on, and soon they are hits."""
    monkeypatch.setattr(backend, "QUIET", 0)
    caplog.clear()
    with caplog.at_level("INFO", "django_appwrite_orm.cache"):
        scene.look()
        scene.go_on()
    assert [record.levelname for record in caplog.records] == ["INFO"], caplog.text
    for _ in range(2):
        with counted() as costs:
            list(Reader.objects.all())
    assert costs.requests == []


def _stop(scene: Scene) -> None:
    scene.server.stop()


def _make_read_only(scene: Scene) -> None:
    scene.client.replicaof("127.0.0.1", "1")  # a replica of nothing: it serves what it has and takes no change


def _fill_up(scene: Scene) -> None:
    scene.client.config_set("maxmemory-policy", "noeviction")
    scene.client.config_set("maxmemory", "1")


def _start(scene: Scene) -> None:
    scene.server.start()


def _make_writable(scene: Scene) -> None:
    scene.client.replicaof("NO", "ONE")


def _make_room(scene: Scene) -> None:
    scene.client.config_set("maxmemory", "0")


Act = Callable[[Scene], None]


@pytest.mark.parametrize(
    ("fault", "mend"),
    [(_stop, _start), (_make_read_only, _make_writable), (_fill_up, _make_room)],
    ids=["down", "read-only", "full"],
)
def test_an_outage_is_one_line_in_the_log(
    scene: Scene, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, fault: Act, mend: Act
) -> None:
    """However long it takes, and whatever still works meanwhile: a full cache answers and deletes."""
    monkeypatch.setattr(backend, "QUIET", 0)
    fault(scene)
    with warnings(caplog, 1):
        scene.go_on()
        scene.go_on()
    mend(scene)
    back_to_normal(scene, caplog, monkeypatch)


@pytest.mark.parametrize("limit", [1])
def test_a_slow_redis(scene: Scene, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slower than the cache's own time limit: the cache is done without."""
    scene.server.freeze()
    with warnings(caplog, 1):
        scene.book.price = scene.price = 3
        scene.book.save()
        assert [book.price for book in Book.objects.all()] == [3]
    scene.server.thaw()
    back_to_normal(scene, caplog, monkeypatch)


def test_restarted_empty(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.server.stop()
    scene.server.start()
    scene.look()
    with warnings(caplog, 0):
        scene.go_on()


def test_a_redis_that_is_flushed(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    with warnings(caplog, 0):
        for _ in range(3):
            scene.client.flushall()
            scene.look()
            scene.go_on()


@pytest.mark.parametrize("garbage", [b"\x80\x04garbage", b"5", b'"text"', b"[1]\n{}", b""])
def test_values_that_are_garbled(scene: Scene, caplog: pytest.LogCaptureFixture, garbage: bytes) -> None:
    for key in scene.client.scan_iter():
        scene.client.set(key, garbage, keepttl=True)
    caplog.clear()
    with caplog.at_level("INFO", "django_appwrite_orm.cache"):
        scene.look()
        scene.go_on()
    assert len(caplog.records) <= 1, caplog.text


def test_values_of_another_redis_type(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    for key in list(scene.client.scan_iter()):
        scene.client.delete(key)
        scene.client.rpush(key, "a list")
    caplog.clear()
    with caplog.at_level("INFO", "django_appwrite_orm.cache"):
        scene.look()
        scene.go_on()
    # MGET takes such a value for a missing one. A client that reads key by key gets the error instead.
    assert [record.levelname for record in caplog.records] in ([], ["WARNING"]), caplog.text


def test_an_old_token_that_could_not_be_deleted_is_never_believed_again(scene: Scene) -> None:
    """Read-only, the cache still answers with what was true before: this process must not ask it."""
    _make_read_only(scene)
    scene.go_on()
    keys = [key for key in scene.client.scan_iter() if key.endswith(b":token")]
    assert keys, "the old tokens are still there"
    _make_writable(scene)
    scene.look()


@pytest.mark.parametrize(("policy", "fence_stands"), [("noeviction", True), ("volatile-ttl", False)])
def test_which_entries_a_full_redis_gives_up(scene: Scene, policy: str, fence_stands: bool) -> None:
    """A fence is the entry with the shortest life of all, and so the first to go under `volatile-ttl`."""
    caches["default"].add("a-lease", "a writer", 30)
    (key,) = (key for key in scene.client.scan_iter() if key.endswith(b"a-lease"))
    scene.client.config_set("maxmemory-policy", policy)
    scene.client.config_set("maxmemory", "3mb")
    with suppress(redis_client.exceptions.OutOfMemoryError):
        for number in range(5000):
            scene.client.set(f"answer{number}", "x" * 2000, ex=300)
    assert scene.client.exists(key) == fence_stands


PLAIN = {
    "local memory": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "plain"},
    "file": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache"},
    "dummy": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
}


@pytest.mark.parametrize("backend", PLAIN)
def test_other_backends_of_django(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    cache = dict(PLAIN[backend])
    cache.setdefault("LOCATION", str(tmp_path / "cache"))
    with override_settings(CACHES={"default": cache}):
        request.getfixturevalue("library")
        book = Book.objects.create(title="Dune", price=1)
        for price in (2, 3):
            book.price = price
            book.save()
            for _ in range(2):
                with counted() as costs:
                    assert [found.price for found in Book.objects.all()] == [price]
            assert len(costs.requests) == (1 if backend == "dummy" else 0)
            assert Book.objects.is_updated() is (backend != "dummy")
        caches["default"].clear()
