"""Several servers, of Redis or Valkey, that replace one of them when it fails: under Sentinel, and as a Cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from tests.support.ports import free_port
from tests.support.redis_server import Server, disconnect_clients
from tests.support.waiting import until

_SLOTS = 16384
# A node of a cluster listens on a second port so far above its own.
_BUS = 10_000
_QUIET = ("--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0")


@dataclass(frozen=True)
class Watched:
    """A primary and its replica, which a Sentinel watches under the name `shop`."""

    primary: Server
    replica: Server
    sentinel: Server

    def has_failed_over(self) -> bool:
        with redis.Redis(port=self.sentinel.port) as client:
            return bool(client.sentinel_get_master_addr_by_name("shop")[1] == self.replica.port) and (
                _info(self.replica, "replication")["role"] == "master"
            )


def _info(server: Server, section: str) -> dict[str, Any]:
    with redis.Redis.from_url(server.url) as client:
        return client.info(section)


def _ask(server: Server, *command: Any) -> Any:
    with redis.Redis.from_url(server.url) as client:
        return client.execute_command(*command)


@contextmanager
def watched(configuration: str, folder: Path, kind: str = "Redis") -> Iterator[Watched]:
    """Servers under a Sentinel with this file, in which `{port}` and `{primary}` stand for ports."""
    with ExitStack() as ends:
        ends.callback(disconnect_clients)
        quiet, port = (*_QUIET, "--dir", str(folder)), free_port()  # a first copy for a replica is a file
        primary = Server(*quiet, kind=kind)
        replica = Server(*quiet, "--replicaof", "127.0.0.1", str(primary.port), kind=kind)
        file = folder / "sentinel.conf"
        file.write_text(configuration.format(port=port, primary=primary.port))
        sentinel = Server(str(file), "--sentinel", port=port, kind=kind)
        for server in (primary, replica, sentinel):
            ends.callback(server.close)
            server.start()
        until(lambda: _info(replica, "replication")["master_link_status"] == "up")
        until(lambda: _ask(sentinel, "SENTINEL REPLICAS", "shop"))
        yield Watched(primary, replica, sentinel)


@dataclass(frozen=True)
class Cluster:
    """Three primaries with a third of the slots each, and then a replica of each."""

    nodes: list[Server]

    def primary_of(self, key: str) -> Server:
        """The node that had the slot of a key at the start."""
        slot = _ask(self.nodes[0], "CLUSTER KEYSLOT", key)
        return self.nodes[slot * 3 // _SLOTS]

    def fail_over(self, key: str) -> None:
        """Let the primary that has a key die, and its replica replace it, which then gets a replica again."""
        number = self.nodes.index(self.primary_of(key))
        pair = self.nodes[number], self.nodes[number + 3]
        dead, other = pair if _info(pair[0], "replication")["role"] == "master" else pair[::-1]
        dead.stop()
        until(lambda: _info(other, "replication")["role"] == "master")
        dead.start()
        until(lambda: _info(dead, "replication").get("master_link_status") == "up")


@contextmanager
def one_node(folder: Path, kind: str, *options: str, seen_at: int) -> Iterator[Server]:
    """A Cluster of one node, which tells clients that it is at another port of this machine."""
    files = ("--cluster-config-file", str(folder / "nodes.conf"), "--dir", str(folder))
    announced = ("--cluster-announce-ip", "127.0.0.1", "--cluster-announce-port", str(seen_at))
    arguments = (*_QUIET, "--cluster-enabled", "yes", *files, *announced, *options)
    node = Server(*arguments, port=free_port(second=_BUS), kind=kind)
    with ExitStack() as ends:
        ends.callback(node.close)
        node.start()
        _ask(node, "CLUSTER ADDSLOTS", *range(_SLOTS))
        until(lambda: _ask(node, "CLUSTER INFO")["cluster_state"] == "ok")
        yield node


@contextmanager
def cluster(folder: Path, kind: str = "Redis") -> Iterator[Cluster]:
    """A cluster that replaces a primary after a second without a response."""
    with ExitStack() as ends:
        ends.callback(disconnect_clients)
        nodes = []
        for _ in range(6):
            port = free_port(second=_BUS)
            options = {
                "--cluster-enabled": "yes",
                "--cluster-node-timeout": "1000",
                "--cluster-config-file": str(folder / f"{port}.conf"),
                "--dir": str(folder),
            }
            node = Server(*_QUIET, *(word for option in options.items() for word in option), port=port, kind=kind)
            ends.callback(node.close)
            node.start()
            nodes.append(node)
        for node in nodes[1:]:
            _ask(node, "CLUSTER MEET", "127.0.0.1", nodes[0].port)
        for number, node in enumerate(nodes[:3]):
            _ask(node, "CLUSTER ADDSLOTS", *(slot for slot in range(_SLOTS) if slot * 3 // _SLOTS == number))
        until(lambda: all(_ask(node, "CLUSTER INFO")["cluster_known_nodes"] == "6" for node in nodes))
        for primary, replica in zip(nodes[:3], nodes[3:], strict=True):
            id = _ask(primary, "CLUSTER MYID")
            until(lambda primary=id, replica=replica: _replicates(replica, primary))
        until(lambda: all(_ask(node, "CLUSTER INFO")["cluster_state"] == "ok" for node in nodes))
        until(lambda: all(_info(node, "replication")["master_link_status"] == "up" for node in nodes[3:]))
        yield Cluster(nodes)


def _replicates(replica: Server, primary: bytes) -> bool:
    try:
        return bool(_ask(replica, "CLUSTER REPLICATE", primary))
    except redis.ResponseError:  # it does not know the other one yet
        return False
