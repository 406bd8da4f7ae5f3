"""The configurations on the page run: a real Redis or Valkey, Sentinel and Cluster, each of which loses its primary.

Processes are the caches' aliases, as in tests/cache/test_redis_refusals.py.
"""

from __future__ import annotations

import copy
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
from django.core.cache import caches
from django.core.checks import run_checks
from django.core.management import call_command
from django.test import override_settings
from django_redis.pool import ConnectionFactory

from django_appwrite_orm import cache_policy
from django_appwrite_orm.cache import recording
from tests.support import redis_groups, redis_server
from tests.support.faulty_servers import certificate
from tests.support.library.tables import Book
from tests.support.pages import code_blocks
from tests.support.ports import free_port
from tests.support.waiting import until

pytestmark = pytest.mark.usefixtures("no_migrations")

PAGE = "how-to/run-redis.md"
BLOCKS = {block.file: block for block in code_blocks(PAGE, "text")}
(SCRIPT,) = code_blocks(PAGE, "sh")
SINGLE, VALKEY, SENTINEL, CLUSTER = code_blocks(PAGE, "python")
TLS, SERVERLESS = (block.text for block in code_blocks(PAGE, "text") if block.text.startswith("REDIS_URL="))
FAR = 30  # seconds: no call of these tests may time out because the machine is busy


def settings_of(monkeypatch: pytest.MonkeyPatch, url: str, *blocks: Any) -> dict[str, Any]:
    """The settings that these blocks of the page make."""
    monkeypatch.setenv("REDIS_URL", url)
    names: dict[str, Any] = {"APPWRITE_ORM": {"default": {}}}
    for block in (SINGLE, *blocks):
        block.run(names)
    return names


class Site:
    """Two processes of a site, `default` and `idle`, and the price of its one book."""

    def __init__(self) -> None:
        self.book = Book.objects.create(title="Dune", price=1)

    def change(self) -> None:
        """What the process `default` writes."""
        self.book.price += 1
        self.book.save()

    def read(self, process: str) -> tuple[float, str]:
        with recording() as record:
            (book,) = Book.objects.using(process)
        return book.price, record.worst.name

    def is_cached_in(self, process: str) -> Callable[[], bool]:
        return lambda: self.read(process)[1] == "HIT"


@contextmanager
def site(names: dict[str, Any], folder: Path, request: pytest.FixtureRequest, *, works: bool = True) -> Iterator[Site]:
    """The site with these settings; whether its cache works."""
    cache = copy.deepcopy(names["CACHES"]["default"])
    cache["OPTIONS"] |= {"SOCKET_TIMEOUT": FAR, "SOCKET_CONNECT_TIMEOUT": FAR}
    connection = {"ENDPOINT": f"local:{folder}/appwrite.sqlite3", "DATABASE_ID": "library"}
    options = names["APPWRITE_ORM"]["default"].get("CACHE", {})
    processes = ("default", "idle")
    with override_settings(
        CACHES=dict.fromkeys(processes, cache),
        APPWRITE_ORM={process: {**connection, "CACHE": {**options, "ALIAS": process}} for process in processes},
    ):
        request.getfixturevalue("library")
        site = Site()
        for process in processes:
            assert site.read(process)[0] == 1
            assert (site.read(process)[1] == "HIT") is works
        yield site
        for process in processes:
            caches[process].close()
        redis_server.disconnect_clients()
        ConnectionFactory._pools.pop(cache["LOCATION"], None)  # another test has the same name for another server


def found() -> list[str]:
    """The problems of the caches, as `check --deploy` finds them."""
    ids = [str(problem.id) for problem in run_checks(tags=["appwrite_orm"], include_deployment_checks=True)]
    return [id for id in ids if id != "appwrite_orm.E016"]  # the tests' Appwrite is a local one


@pytest.fixture(params=redis_server.PROGRAMS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def configured(tmp_path: Path, kind: str) -> Iterator[redis_server.Server]:
    """A server with the file of the page."""
    file = tmp_path / "redis.conf"
    file.write_text(BLOCKS["redis.conf"].text)
    server = redis_server.Server(str(file), kind=kind)
    server.start()
    yield server
    server.close()


def test_a_single_server(
    configured: redis_server.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    with site(settings_of(monkeypatch, configured.url), tmp_path, request) as shop:
        assert found() == []
        shop.change()
        assert shop.read("idle") == (2, "MISS")
        configured.stop()
        assert shop.read("idle")[0] == 2
        configured.start()
        with redis.Redis.from_url(configured.url) as client:
            assert client.dbsize() == 0
            client.config_set("maxmemory-policy", "allkeys-lru")
        until(shop.is_cached_in("idle"))
        assert found() == ["appwrite_orm.W041"] * 2


@pytest.mark.parametrize("kind", ["Valkey"], indirect=True)
def test_a_project_with_django_valkey(
    configured: redis_server.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    with site(settings_of(monkeypatch, configured.url, VALKEY), tmp_path, request) as shop:
        assert type(caches["default"]).__module__.startswith("django_valkey.")
        assert found() == []
        shop.change()
        assert shop.read("idle") == (2, "MISS")
        assert shop.read("idle") == (2, "HIT")


def test_a_snapshot_would_bring_old_results_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Why the page switches persistence off."""
    server = redis_server.Server("--dir", str(tmp_path), "--save", "3600 1")
    server.start()
    try:
        with site(settings_of(monkeypatch, server.url), tmp_path, request) as shop:
            with redis.Redis.from_url(server.url) as client:
                client.save()
            shop.change()
            server.stop()
            server.start()
            with recording() as record, cache_policy():
                assert [book.price for book in Book.objects.using("idle")] == [1]
            assert record.worst.name == "HIT"
    finally:
        server.close()


def test_tls(
    configured: redis_server.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """With an authority of one's own; the test server itself was built without TLS."""
    context, file = certificate(tmp_path)
    with tls_front(configured.port, context) as port:
        url = TLS.removeprefix("REDIS_URL=").strip().replace("10.0.0.1:6380", f"127.0.0.1:{port}")
        assert url.startswith("rediss://:password@127.0.0.1")
        url = url.replace(":password@", "").replace("/etc/ssl/redis-ca.pem", str(file))
        with site(settings_of(monkeypatch, url), tmp_path, request) as shop:
            shop.change()
            assert shop.read("idle") == (2, "MISS")
            assert shop.read("idle") == (2, "HIT")


@contextmanager
def tls_front(port: int, context: ssl.SSLContext, own: int = 0) -> Iterator[int]:
    """A port that speaks TLS and passes on what it gets."""
    listening = socket.create_server(("127.0.0.1", own))
    open_sockets: list[socket.socket] = [listening]

    def copy_bytes(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            return  # the test is over

    def serve() -> None:
        while True:
            try:
                plain, _ = listening.accept()
                client = context.wrap_socket(plain, server_side=True)
                server = socket.create_connection(("127.0.0.1", port))
            except OSError:
                return
            open_sockets.extend((client, server))
            for pair in ((client, server), (server, client)):
                threading.Thread(target=copy_bytes, args=pair, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listening.getsockname()[1]
    finally:
        for each in open_sockets:
            with suppress(OSError):  # closed by its other end
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@contextmanager
def under_sentinel(
    kind: str, script: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[tuple[Site, redis_groups.Watched]]:
    """The site with the page's configuration of Sentinel, but one Sentinel, in a hurry."""
    text = BLOCKS["sentinel.conf"].text.replace("/usr/local/bin/clear-appwrite", str(script))
    text = text.replace("26379", "{port}").replace("10.0.0.1 6379 2", "127.0.0.1 {primary} 1").replace(" 5000", " 500")
    with redis_groups.watched(f"bind 127.0.0.1\n{text}", script.parent, kind) as group:
        names = settings_of(monkeypatch, "", SENTINEL)
        names["CACHES"]["default"]["OPTIONS"]["SENTINELS"] = [("127.0.0.1", group.sentinel.port)]
        with site(names, script.parent, request) as shop:
            yield shop, group


def lose_a_deletion(shop: Site, group: redis_groups.Watched) -> None:
    """The primary dies when the replica does not have the last deletion yet."""
    group.replica.freeze()
    with redis.Redis.from_url(group.primary.url) as client:
        client.client_kill_filter(_type="replica")  # so that the deletion does not wait in its socket
    shop.change()
    group.primary.stop()
    group.replica.thaw()


@pytest.mark.slow
def test_sentinel_runs_the_script_for_processes_that_were_idle(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    ran, script = tmp_path / "ran", tmp_path / "clear-appwrite"
    shell, start = SCRIPT.text.rstrip().rsplit("\n", 1)
    assert start.endswith(" manage.py clear_appwrite")
    script.write_text(f"{shell}\necho $@ >> {ran}\n")
    script.chmod(0o755)
    with under_sentinel(kind, script, monkeypatch, request) as (shop, group):
        assert found() == []
        lose_a_deletion(shop, group)
        until(ran.exists)
        until(group.has_failed_over)
        assert shop.read("idle") == (1, "HIT")  # as the page says of an idle process
        call_command("clear_appwrite")
        assert shop.read("idle")[0] == 2
        until(shop.is_cached_in("default"))
        shop.change()
        assert shop.read("idle") == (3, "MISS")


@pytest.mark.slow
def test_a_process_that_met_the_outage_clears_what_a_failover_brought_back(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    script = tmp_path / "nothing"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    with under_sentinel(kind, script, monkeypatch, request) as (shop, group):
        lose_a_deletion(shop, group)
        while not group.has_failed_over():
            assert shop.read("default")[0] == 2
        while shop.read("default") != (2, "HIT"):
            assert shop.read("default")[0] == 2
        assert shop.read("idle") == (2, "HIT")


@pytest.mark.slow
def test_cluster(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    with redis_groups.cluster(tmp_path, kind) as group:
        names = settings_of(monkeypatch, group.nodes[0].url, CLUSTER)
        with site(names, tmp_path, request) as shop:
            assert found() == []
            shop.change()
            assert shop.read("idle") == (2, "MISS")
            group.primary_of("{appwrite}").stop()
            while shop.read("default") != (2, "HIT"):
                assert shop.read("default")[0] == 2
            shop.change()
            assert shop.read("idle") == (3, "MISS")


@pytest.mark.slow
def test_a_cluster_without_one_of_the_settings(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Every read goes to Appwrite, and the checks say why."""
    with redis_groups.cluster(tmp_path, kind) as group:
        names = settings_of(monkeypatch, group.nodes[0].url, CLUSTER)
        with site({**names, "APPWRITE_ORM": {"default": {}}}, tmp_path, request, works=False) as shop:
            shop.change()
            assert shop.read("idle")[0] == 2
            assert {"appwrite_orm.E017", "appwrite_orm.E043"} <= set(found())
            assert "must map to the same key slot" in problem_of_the_cache()
            shop.book.delete()
        del names["CACHES"]["default"]["OPTIONS"]["CONNECTION_FACTORY"]
        other = next(node for node in group.nodes[:3] if node is not group.primary_of("{appwrite}"))
        names["CACHES"]["default"]["LOCATION"] = other.url
        with site(names, tmp_path, request, works=False) as shop:
            shop.change()
            assert shop.read("idle")[0] == 2
            assert "appwrite_orm.E017" not in found()
            assert "MovedError" in problem_of_the_cache()


# What a serverless cache refuses, as far as this server knows it.
REFUSED = ("config", "keys", "select", "debug", "save", "bgsave", "replicaof", "shutdown", "migrate", "acl")


@pytest.mark.slow
def test_a_serverless_cache(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """One node with all slots behind an address with TLS, a user without some commands, and a policy that evicts."""
    context, file = certificate(tmp_path)
    policy = ("--maxmemory", "50mb", "--maxmemory-policy", "volatile-lru")
    port = free_port()
    with redis_groups.one_node(tmp_path, kind, *policy, seen_at=port) as node, tls_front(node.port, context, port):
        with redis.Redis.from_url(node.url) as client:
            refused = [f"-{command}" for command in REFUSED]
            client.acl_setuser("app", enabled=True, passwords=["+password"], keys=["*"], commands=["+@all", *refused])
            client.acl_setuser("default", enabled=False)
        address = urlsplit(SERVERLESS.removeprefix("REDIS_URL=").strip())
        assert address.path == "/0"
        url = address._replace(netloc=f"app:password@127.0.0.1:{port}", query=f"ssl_ca_certs={file}").geturl()
        with site(settings_of(monkeypatch, url, CLUSTER), tmp_path, request) as shop:
            assert found() == ["appwrite_orm.W041"] * 2
            shop.change()
            assert shop.read("idle") == (2, "MISS")
            assert shop.read("idle") == (2, "HIT")
            call_command("clear_appwrite")
            assert shop.read("idle") == (2, "MISS")
            shop.book.delete()
        names = settings_of(monkeypatch, url, CLUSTER)
        with site({**names, "APPWRITE_ORM": {"default": {}}}, tmp_path, request, works=False):
            assert "must map to the same key slot" in problem_of_the_cache()


def problem_of_the_cache() -> str:
    """What E043 says."""
    problems = run_checks(tags=["appwrite_orm"], include_deployment_checks=True)
    return next(problem.msg for problem in problems if problem.id == "appwrite_orm.E043")
