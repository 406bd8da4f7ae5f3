"""Run the site on several hosts, part them one after the other, and count what readers saw.

The hosts: two for the web, one each for a worker, a listener, migrations, visitors, somebody who changes rows without
the package, Redis, and Appwrite.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cache.torture.checker import Event, load, violations
from tests.hosts.network import Host, network
from tests.support.redis_server import executable
from tests.support.waiting import until

NAMES = ("web1", "web2", "worker", "listener", "deploy", "visitors", "console", "redis", "appwrite")
# Seconds after a cut in which hosts may still be about to notice its end: the time limits of the site, and a second.
SETTLING = 2.5
Act = Callable[[dict[str, Host]], object]


@dataclass(frozen=True)
class Phase:
    """A partition, and how it ends.

    `may_miss`: readers on other hosts may miss acknowledged changes meanwhile, as docs/explanation/guarantees.md says.
    """

    name: str
    cut: Act = lambda hosts: None
    join: Act = lambda hosts: None
    may_miss: bool = False


def between(one: str, other: str, name: str, *, may_miss: bool = False, responses_only: bool = False) -> Phase:
    return Phase(
        name,
        lambda hosts: hosts[one].cut_off_from(hosts[other], responses_only=responses_only),
        lambda hosts: hosts[one].join(hosts[other]),
        may_miss,
    )


def _part_worker_and_listener(hosts: dict[str, Host]) -> None:
    hosts["worker"].cut_off_from(hosts["redis"])
    hosts["listener"].cut_off_from(hosts["appwrite"])


def _join_worker_and_listener(hosts: dict[str, Host]) -> None:
    hosts["worker"].join(hosts["redis"])
    hosts["listener"].join(hosts["appwrite"])


PHASES = (
    Phase("all hosts reach each other"),
    between("web1", "redis", "web1 does not reach Redis"),
    between("web1", "appwrite", "web1 does not reach Appwrite"),
    between("worker", "appwrite", "the worker does not reach Appwrite"),
    between("worker", "appwrite", "responses to the worker's writes are lost", responses_only=True),
    between("worker", "redis", "the worker does not reach Redis", may_miss=True),
    Phase("nor does the listener reach Appwrite", _part_worker_and_listener, _join_worker_and_listener, may_miss=True),
    Phase("nobody reaches Redis", lambda hosts: hosts["redis"].unplug(), lambda hosts: hosts["redis"].plug()),
    between("listener", "appwrite", "the listener does not reach Appwrite"),
)


@dataclass(frozen=True)
class Seen:
    """What visitors of one web host saw in a phase. `missed` are reads that missed an acknowledged change."""

    phase: Phase
    host: str
    statuses: Counter[str]
    slowest: float
    missed: int


@dataclass(frozen=True)
class Report:
    """`missed_after`: reads after the settling time of a phase, until the next, that missed an acknowledged change.

    `delays`: the seconds after which a row that was created without the package was in what visitors saw, by phase.
    """

    seen: list[Seen]
    writes: dict[str, Counter[str]]
    missed_after: dict[str, int]
    delays: dict[str, list[float]]

    def __str__(self) -> str:
        lines = [f"{'':42} {'host':4} {'HIT':>5} {'MISS':>5} {'BYPASS':>6} {'503':>4} {'slowest':>7} {'missed':>6}"]
        for seen in self.seen:
            hit, miss, bypass, failed = (seen.statuses[name] for name in ("HIT", "MISS", "BYPASS", "503"))
            counts = f"{hit:>5} {miss:>5} {bypass:>6} {failed:>4} {seen.slowest:>5.1f} s {seen.missed:>6}"
            lines.append(f"{seen.phase.name:42} {seen.host:4} {counts}")
        lines.append(f"\n{'':42} {'wrote':>5} {'refused':>7} {'unclear':>7} {'elsewhere':>9} {'missed after':>12}")
        for phase, writes in self.writes.items():
            counts = f"{writes['wrote']:>5} {writes['refused']:>7} {writes['unclear']:>7}"
            delay = max(self.delays[phase], default=0)
            lines.append(f"{phase:42} {counts} {delay:>7.1f} s {self.missed_after[phase]:>12}")
        return "\n".join(lines)


def run(
    folder: Path, *, seconds: float = 6, settled: float = 1.5, kind: str = "Redis", phases: tuple[Phase, ...] = PHASES
) -> Report:
    """Run the phases, of so many seconds each; logs and data go to `folder`. Raises NoNetworkError where it cannot.

    `settled`: the seconds in which hosts that have noticed the end of a phase are looked at.
    """
    with network(*NAMES) as hosts, ExitStack() as ends:
        site = _Site(hosts, folder)
        ends.callback(site.end)
        site.start_stores(kind)
        site.migrate()
        for web in ("web1", "web2"):
            site.start(web, "gunicorn", "-w", "2", "--threads", "4", "-b", f"{hosts[web].address}:8000", _WSGI)
        site.start("listener", "django", "listen_appwrite")
        site.start("worker", "tests.hosts.worker", "worker", str(folder / "worker"))
        site.start("console", "tests.hosts.worker", "console", str(folder / "console"))
        addresses = [hosts[web].address for web in ("web1", "web2")]
        site.start("visitors", "tests.hosts.worker", "visitors", str(folder / "web"), *addresses)
        until(lambda: all(_reads_of(folder, web) for web in ("web1", "web2")))
        spans = []
        for phase in phases:
            with _lasting(phase, hosts) as span:
                if phase is phases[0]:
                    site.migrate(RELEASE="2")
                _sleep_until(span[0] + seconds)
            _sleep_until(time.monotonic() + SETTLING + settled)
            site.check()
            spans.append((phase, *span, time.monotonic()))
    return _report(folder, spans)


_WSGI = "django.core.wsgi:get_wsgi_application()"


@contextmanager
def _lasting(phase: Phase, hosts: dict[str, Host]) -> Iterator[list[float]]:
    """Let a phase begin and end; the list gets both moments."""
    span = [time.monotonic()]
    phase.cut(hosts)
    try:
        yield span
    finally:
        phase.join(hosts)
        span.append(time.monotonic())


def _sleep_until(moment: float) -> None:
    time.sleep(max(0, moment - time.monotonic()))


def _reads_of(folder: Path, web: str) -> bool:
    log = folder / f"web-{web[-1]}.log"
    return log.exists() and '"read"' in log.read_text()


class _Site:
    """The processes, each with a file of what it wrote."""

    def __init__(self, hosts: dict[str, Host], folder: Path) -> None:
        self._hosts, self._folder = hosts, folder
        self._processes: dict[str, subprocess.Popen[Any]] = {}
        self._environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.hosts.settings",
            "REDIS_URL": f"redis://{hosts['redis'].address}:6379/0",
            "APPWRITE_ENDPOINT": f"http://{hosts['appwrite'].address}/v1",
        }

    def start_stores(self, kind: str) -> None:
        appwrite, redis = self._hosts["appwrite"], self._hosts["redis"]
        quiet = ("--save", "", "--appendonly", "no", "--protected-mode", "no")
        self._run("redis", executable(kind), *quiet, "--bind", redis.address, "--dir", str(self._folder))
        database = str(self._folder / "appwrite.sqlite3")
        self.start(
            "appwrite", "django_appwrite_orm.local", "--host", appwrite.address, "--port", "80", "--database", database
        )
        until(lambda: "Appwrite endpoint" in self._said("appwrite"))

    def migrate(self, **environment: str) -> None:
        process = self._popen("deploy", sys.executable, "-m", "django", "migrate_appwrite", "--no-input", **environment)
        if process.wait(60):
            raise RuntimeError(f"The migration failed: {self._said('deploy')}")

    def start(self, name: str, module: str, *arguments: str) -> None:
        self._run(name, sys.executable, "-m", module, *arguments)

    def _run(self, name: str, *command: str) -> None:
        self._processes[name] = self._popen(name, *command)

    def _popen(self, name: str, *command: str, **environment: str) -> subprocess.Popen[Any]:
        with (self._folder / f"{name}.output").open("a") as output:
            own = {**self._environment, **environment}
            return self._hosts[name].start(*command, stdout=output, stderr=subprocess.STDOUT, env=own)

    def _said(self, name: str) -> str:
        return (self._folder / f"{name}.output").read_text()[-2000:]

    def check(self) -> None:
        """Raise RuntimeError when a process has ended by itself."""
        for name, process in self._processes.items():
            if process.poll() is not None:
                raise RuntimeError(f"{name} has ended by itself: {self._said(name)}")

    def end(self) -> None:
        """End all processes, together."""
        for process in self._processes.values():
            process.terminate()
        limit = time.monotonic() + 10
        for process in self._processes.values():
            try:
                process.wait(max(0, limit - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _report(folder: Path, spans: list[tuple[Phase, float, float, float]]) -> Report:
    reads = {web: load([folder / f"web-{web[-1]}.log"]) for web in ("web1", "web2")}
    worker, console = load([folder / "worker.log"]), load([folder / "console.log"])
    of_worker = [event for event in (*reads["web1"], *reads["web2"]) if not event.group.startswith("elsewhere")]
    missed = {id(violation.read) for violation in violations([*of_worker, *worker])}
    seen, writes, after, delays = [], {}, {}, {}
    for phase, start, end, settled in spans:
        for web, events in reads.items():
            inside = [event for event in events if start <= event.start < end]
            seen.append(
                Seen(
                    phase,
                    web,
                    Counter(event.status for event in inside),
                    max((event.end - event.start for event in inside), default=0),
                    sum(id(event) in missed for event in inside),
                )
            )
        writes[phase.name] = Counter(event.kind for event in worker if start <= event.start < end)
        late = [event for event in of_worker if end + SETTLING <= event.start < settled]
        after[phase.name] = sum(id(event) in missed for event in late)
        created = [event for event in console if start <= event.start < end and event.kind == "wrote"]
        delays[phase.name] = [_delay(event, (*reads["web1"], *reads["web2"])) for event in created]
    return Report(seen, writes, after, delays)


def _delay(created: Event, reads: tuple[Event, ...]) -> float:
    """Seconds until the last read that began after the change and did not show it."""
    missing = [r for r in reads if r.kind == "read" and r.group == created.group and created.rows[0] not in r.rows]
    return max([0.0, *(read.start - created.end for read in missing)])
