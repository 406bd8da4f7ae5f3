"""A load of processes and threads on one file, and the check that nothing was lost.

    python -m tests.support.local_load [--processes 8] [--threads 4] [--seconds 60] [FILE]

Every thread counts a shared row up, moves amounts between two rows in an Appwrite transaction, writes batches and
reads lists; each keeps count of what was acknowledged.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django_appwrite_orm.local import LocalAppwrite
from tests.support.local_client import Client

ROWS = "/d/tables/t/rows"
ACCOUNTS = 5
START = 1_000


@dataclass
class Report:
    """What was acknowledged, and what should not have happened."""

    counted: int = 0
    batches: list[str] = field(default_factory=list)
    moved: int = 0
    conflicts: int = 0
    reads: int = 0
    slowest: float = 0.0
    latencies: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def writes(self) -> int:
        return self.counted + len(self.batches) + self.moved

    def add(self, other: Report) -> None:
        self.counted += other.counted
        self.batches += other.batches
        self.moved += other.moved
        self.conflicts += other.conflicts
        self.reads += other.reads
        self.slowest = max(self.slowest, other.slowest)
        self.latencies += other.latencies
        self.problems += other.problems


def prepare(path: Path) -> None:
    app = LocalAppwrite(path)
    client = Client(app)
    client.table([{"key": "n", "type": "integer"}, {"key": "kind", "type": "string", "size": 20}])
    client(f"POST {ROWS}", {"rowId": "counter", "data": {"n": 0, "kind": "counter"}})
    accounts = [{"$id": f"account{i}", "n": START, "kind": "account"} for i in range(ACCOUNTS)]
    client(f"POST {ROWS}", {"rows": accounts})
    app.close()


def run_load(path: Path, processes: int, threads: int, seconds: float) -> Report:
    prepare(path)
    context = multiprocessing.get_context("spawn")
    reports: Any = context.Queue()
    started = [
        context.Process(target=_process, args=(path, number, threads, seconds, reports)) for number in range(processes)
    ]
    for process in started:
        process.start()
    total = Report()
    for _ in started:
        total.add(reports.get(timeout=seconds + 120))
    for process in started:
        process.join(timeout=60)
    return total


def _process(path: Path, number: int, threads: int, seconds: float, reports: Any) -> None:
    app = LocalAppwrite(path)
    found = [Report() for _ in range(threads)]
    deadline = time.monotonic() + seconds
    workers = [
        threading.Thread(target=_thread, args=(app, f"{number}-{i}", deadline, found[i])) for i in range(threads)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    app.close()
    total = Report()
    for report in found:
        total.add(report)
    reports.put(total)


def _thread(app: LocalAppwrite, name: str, deadline: float, report: Report) -> None:
    client, dice, turn = Client(app), random.Random(name), 0
    while time.monotonic() < deadline:
        turn += 1
        began = time.monotonic()
        try:
            _turn(client, dice, f"b{name}-{turn}", report)
        except Exception as problem:
            report.problems.append(repr(problem)[:300])
        took = time.monotonic() - began
        report.slowest = max(report.slowest, took)
        report.latencies.append(took)


def _turn(client: Client, dice: random.Random, name: str, report: Report) -> None:
    choice = dice.randrange(10)
    if choice < 4:
        client(f"PATCH {ROWS}/counter/n/increment", {"value": 1})
        report.counted += 1
    elif choice < 6:
        client(f"POST {ROWS}", {"rows": [{"$id": f"{name}.{i}", "n": i, "kind": "batch"} for i in range(5)]})
        report.batches.append(name)
    elif choice < 8:
        _move(client, dice, report)
    else:
        page = client(f"GET {ROWS}", queries=[{"method": "equal", "attribute": "kind", "values": ["account"]}])
        total = sum(row["n"] for row in page["rows"])
        if total != ACCOUNTS * START:
            report.problems.append(f"a reader saw half a transfer: {total}")
        report.reads += 1


def _move(client: Client, dice: random.Random, report: Report) -> None:
    """Take from one account and give to another, in one Appwrite transaction."""
    one, other = dice.sample(range(ACCOUNTS), 2)
    transaction = client("POST /transactions", {})["$id"]
    operation = {"databaseId": "d", "tableId": "t", "data": {"column": "n", "value": dice.randrange(1, 9)}}
    operations = [
        {**operation, "action": "decrement", "rowId": f"account{one}"},
        {**operation, "action": "increment", "rowId": f"account{other}"},
    ]
    client(f"POST /transactions/{transaction}/operations", {"operations": operations})
    answer = client.send(f"PATCH /transactions/{transaction}", {"commit": True})
    if answer.status == 200:
        report.moved += 1
    elif answer.status == 409:
        report.conflicts += 1
    else:
        report.problems.append(f"commit: {answer.status} {answer.body!r}")


def check_file(path: Path, report: Report) -> list[str]:
    """What in the file does not agree with what was acknowledged."""
    app = LocalAppwrite(path)
    client = Client(app)
    wrong = []
    if (counter := client(f"GET {ROWS}/counter")["n"]) != report.counted:
        wrong.append(f"the counter is {counter}, acknowledged {report.counted}")
    with app.store.session(writing=False) as session:
        table = app._schema_cache.table(session, "d", "t")
        ids = [row[0] for row in session.all(f"SELECT id FROM {table.rows_name}")]
        if session.scalar("PRAGMA integrity_check") != "ok":
            wrong.append("the file is damaged")
    stored = sorted(id for id in ids if id.startswith("b"))
    if stored != sorted(f"{name}.{i}" for name in report.batches for i in range(5)):
        wrong.append(f"{len(stored)} rows of batches, acknowledged {5 * len(report.batches)}")
    app.close()
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.file or Path(folder) / "load.sqlite3"
        report = run_load(path, options.processes, options.threads, options.seconds)
        wrong = check_file(path, report)
    print(
        f"{report.writes} writes ({report.counted} increments, {len(report.batches)} batches of 5, {report.moved} "
        f"transfers, {report.conflicts} conflicts), {report.reads} lists; turn: median "
        f"{statistics.median(report.latencies) * 1000:.1f} ms, slowest {report.slowest * 1000:.0f} ms"
    )
    for problem in report.problems[:10] + wrong:
        print("PROBLEM", problem)
    return 1 if report.problems or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
