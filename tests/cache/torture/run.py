"""Let workers loose on a Redis and a faulty Appwrite, trouble both, and gather what the workers logged."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis as redis_client

from tests.cache.torture.checker import Event, load
from tests.cache.torture.warehouse import databases as warehouse
from tests.support import http_server, proxies, redis_groups, redis_server
from tests.support.waiting import until

# A request has this long (seconds), repeats included; what the proxy calls late comes after it.
PATIENCE = 1
FAULTS = proxies.Faults(
    delayed=10,
    reset_before=1,
    reset_after=1,
    failed_before=1,
    failed_after=1,
    limited=2,
    hung=0.5,
    late=2,
    patience=PATIENCE,
)
ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Report:
    """What happened: the calls of all workers, the requests by what became of them, and the trouble made."""

    events: list[Event]
    met: Counter[str]
    killed: int
    evicted: int
    failed_over: int

    def __str__(self) -> str:
        reads = Counter(event.status for event in self.events if event.kind in ("read", "got"))
        others = Counter(event.kind for event in self.events if event.kind not in ("read", "got"))
        requests = Counter({kind or "passed on": count for kind, count in self.met.items()})
        parts = {"reads": reads, "others": others, "requests": requests}
        lines = [f"{name}: {', '.join(f'{n:,} {kind}' for kind, n in c.most_common())}" for name, c in parts.items()]
        trouble = f"{self.killed} workers killed, {self.evicted:,} keys evicted, {self.failed_over} failovers"
        return "\n".join([*lines, trouble])


def run(
    seconds: float,
    folder: Path,
    *,
    kind: str = "tables",
    workers: int = 3,
    without: str = "",
    pair: tuple[str, str] = redis_server.PAIRS[0],
    failovers: bool = False,
    seed: int = 1,
    faults: proxies.Faults = FAULTS,
) -> Report:
    """Torture for so many seconds once all workers work; logs and data go to `folder`.

    A worker that ends by itself is a RuntimeError.
    `kind`: "tables" or "models". `without`: the safeguard that the workers go without; see `worker.SAFEGUARDS`.
    `pair`: a server and a client, one of `redis_server.PAIRS`. `failovers`: it is a Cluster of such servers, whose
    primary with the keys dies now and then; nothing is evicted from it.
    """
    chance = random.Random(seed)
    with ExitStack() as stack:
        server, client = pair
        cluster = stack.enter_context(redis_groups.cluster(folder, server)) if failovers else None
        url = cluster.nodes[0].url if cluster else stack.enter_context(redis_server.running(server))
        place = _in_cluster(url) if cluster else {**redis_server.BACKENDS[client], "LOCATION": url}
        endpoint = stack.enter_context(http_server.running(folder / "appwrite.sqlite3"))
        _create_tables(_settings(endpoint, place, kind), kind)
        faulty = stack.enter_context(proxies.running(endpoint, faults, seed))
        config = {"settings": _settings(faulty.endpoint, place, kind), "kind": kind, "without": without}
        crew = stack.enter_context(_Crew(folder, config, workers).at_work())
        cache = stack.enter_context(redis_client.Redis.from_url(url))
        crew.wait_until_all_work()
        end, next_kill = time.monotonic() + seconds, time.monotonic() + 8
        evicted, failed_over, next_failover = 0, 0, time.monotonic() + 4
        while time.monotonic() < end:
            time.sleep(0.2)
            if cluster is None:
                evicted += _evict(cache, chance)
            elif time.monotonic() > next_failover:
                cluster.fail_over(_TAG)
                failed_over += 1
                next_failover = time.monotonic() + 6
            crew.check()
            if time.monotonic() > next_kill:
                crew.kill_one(chance)
                next_kill += 15
        crew.check()
    return Report(load(sorted(folder.glob("*.log"))), faulty.met, crew.killed, evicted, failed_over)


# Gives all keys one slot of a Cluster.
_TAG = "{torture}"


def _in_cluster(url: str) -> dict[str, Any]:
    """The cache of docs/how-to/run-redis.md for a Cluster."""
    cache = redis_server.BACKENDS["django-redis, contrib.redis_json"]
    factory = "django_appwrite_orm.contrib.redis_cluster.ClusterConnectionFactory"
    limits = {"SOCKET_TIMEOUT": 0.5, "SOCKET_CONNECT_TIMEOUT": 0.5}
    return {**cache, "LOCATION": url, "OPTIONS": {**cache["OPTIONS"], "CONNECTION_FACTORY": factory, **limits}}


def _settings(endpoint: str, cache: dict[str, Any], kind: str) -> dict[str, Any]:
    connection = {
        "ENDPOINT": endpoint,
        "PROJECT_ID": "local",
        "API_KEY": "local",
        "DATABASE_ID": "torture",
        "TIMEOUT": PATIENCE,
        "CACHE": {"PREFIX": _TAG},
    }
    of_kind = {
        "INSTALLED_APPS": ["django_appwrite_orm"],
        "APPWRITE_ORM": {"default": connection, "once": {**connection, "RETRIES": 0}},
    }
    if kind == "models":
        of_kind = warehouse.settings(connection)
    return {"USE_TZ": True, "CACHES": {"default": cache}, "LOGGING_CONFIG": None, **of_kind}


class _Crew:
    """The workers, by name; one that is killed is replaced by one of another name."""

    def __init__(self, folder: Path, config: dict[str, Any], count: int) -> None:
        self._folder, self._config = folder, config
        self._names = [f"w{number}" for number in range(count)]
        self._working: dict[str, subprocess.Popen[bytes]] = {}
        self.killed = 0

    @contextmanager
    def at_work(self) -> Iterator[_Crew]:
        try:
            for name in list(self._names):
                self._start(name)
            yield self
        finally:
            for process in self._working.values():
                process.kill()
                process.wait()

    def _start(self, name: str) -> None:
        log = str(self._folder / f"{name}.log")
        config = {**self._config, "log": log, "name": name, "names": self._names, "seed": name}
        with (self._folder / f"{name}.errors").open("w") as errors:
            command = [sys.executable, "-m", "tests.cache.torture.worker", json.dumps(config)]
            self._working[name] = subprocess.Popen(command, cwd=ROOT, stderr=errors)

    def check(self) -> None:
        for name, process in self._working.items():
            if process.poll() is not None:
                said = (self._folder / f"{name}.errors").read_text()
                raise RuntimeError(f"Worker {name} ended by itself with {process.returncode}: {said[-2000:]}")

    def wait_until_all_work(self) -> None:
        """A busy machine takes long to start them."""
        logs = [self._folder / f"{name}.log" for name in self._names]

        def all_work() -> bool:
            self.check()
            return all(log.exists() and log.stat().st_size for log in logs)

        until(all_work)

    def kill_one(self, chance: random.Random) -> None:
        """As the machine would, in the middle of whatever it does."""
        name = chance.choice(list(self._working))
        process = self._working.pop(name)
        process.kill()
        process.wait()
        self.killed += 1
        self._names = [other for other in self._names if other != name] + [f"{name.split('x')[0]}x{self.killed}"]
        self._start(self._names[-1])


def _create_tables(settings: dict[str, Any], kind: str) -> None:
    """Create the tables in a process of its own: these settings are not those of this one."""
    command = [sys.executable, "-m", "tests.cache.torture.creation", json.dumps(settings), kind]
    subprocess.run(command, cwd=ROOT, check=True)


def _evict(cache: redis_client.Redis, chance: random.Random) -> int:
    """Take away a tenth of the tokens and envelopes now and then, as memory pressure would; fences stay."""
    if chance.random() < 0.9:
        return 0
    keys = [key for key in cache.scan_iter() if b":lane" not in key and b":doubt" not in key and chance.random() < 0.1]
    return int(cache.delete(*keys)) if keys else 0
