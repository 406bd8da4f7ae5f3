"""One file, several processes and threads: no write is lost, doubled or half applied, no lock is seen.

The whole load (8 processes x 4 threads for a minute) is the default of ``python -m tests.support.local_load``; the
test runs a short one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from django_appwrite_orm.local import LocalAppwrite
from tests.support.local_client import Client
from tests.support.local_load import check_file, run_load

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_processes_and_threads_write_one_file_without_losing_a_write(tmp_path: Path) -> None:
    report = run_load(tmp_path / "shared.sqlite3", processes=4, threads=3, seconds=3.0)
    assert report.problems == []
    assert report.writes > 0
    assert check_file(tmp_path / "shared.sqlite3", report) == []


@pytest.mark.slow
def test_many_processes_open_a_new_file_at_once(tmp_path: Path) -> None:
    script = (
        "import sys; from django_appwrite_orm.local import LocalAppwrite\n"
        "app = LocalAppwrite(sys.argv[1])\n"
        "head = {'x-appwrite-project': 'local', 'x-appwrite-key': 'local', 'content-type': 'application/json'}\n"
        'body = b\'{"databaseId": "d%s", "name": "n"}\' % sys.argv[2].encode()\n'
        "print(app.handle('POST', '/v1/tablesdb', head, body).status); app.close()\n"
    )
    path = str(tmp_path / "new.sqlite3")
    started = [
        subprocess.Popen([sys.executable, "-c", script, path, str(number)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for number in range(6)
    ]
    assert [process.communicate(timeout=60)[0].strip() for process in started] == ["201"] * 6
    app = LocalAppwrite(path)
    assert Client(app)("GET ")["total"] == 6
    app.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_uses_connections_of_its_own(tmp_path: Path) -> None:
    app = LocalAppwrite(tmp_path / "forked.sqlite3")
    client = Client(app)
    rows = client.table([{"key": "n", "type": "integer"}])
    client(f"POST {rows}", {"rowId": "before", "data": {"n": 1}})
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        status = client.send(f"POST {rows}", {"rowId": "child", "data": {"n": 2}}).status
        os._exit(0 if status == 201 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    client(f"POST {rows}", {"rowId": "after", "data": {"n": 3}})
    assert [row["$id"] for row in client(f"GET {rows}")["rows"]] == ["before", "child", "after"]
    app.close()


def test_acknowledged_writes_survive_a_killed_process(tmp_path: Path) -> None:
    """Processes are killed while they write.

    Every write that they reported is stored, and a bulk call has written ten rows or none.
    """
    path = str(tmp_path / "killed.sqlite3")
    first = LocalAppwrite(path)
    Client(first).table([{"key": "batch", "type": "integer"}])
    first.close()
    acknowledged: set[str] = set()
    for turn in range(5):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.local_writer", path, str(turn)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        for _ in range(3 + 7 * turn):
            acknowledged.add(process.stdout.readline().strip())
        process.kill()
        acknowledged.update(line.strip() for line in process.stdout if line.endswith("\n"))
        process.stdout.close()
        process.wait(timeout=30)
    app = LocalAppwrite(path)
    client, found, after = Client(app), [], None
    while True:
        queries = [{"method": "limit", "values": [500]}]
        queries += [{"method": "cursorAfter", "values": [after]}] if after else []
        page = client("GET /d/tables/t/rows", queries=queries)["rows"]
        if not page:
            break
        found += page
        after = page[-1]["$id"]
    app.close()
    batches: dict[str, int] = {}
    for row in found:
        name = row["$id"].rpartition(".")[0]
        batches[name] = batches.get(name, 0) + 1
    assert acknowledged <= set(batches), json.dumps(sorted(acknowledged - set(batches)))
    assert set(batches.values()) == {10}
    assert len(set(batches) - acknowledged) <= 5  # a kill between commit and report
