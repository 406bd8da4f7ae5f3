"""Several processes that change one row at the same time, over HTTP: no change is lost."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support import http_server, redis_server, shop_process

pytestmark = pytest.mark.slow

PROCESSES, TIMES = 3, 10
WAYS = [
    "added",
    "computed",
    "added in a block",
    "computed in a block",
    "computed in a block with others",
    "saved in a block",
]


def test_what_several_processes_add_to_a_row_adds_up(tmp_path: Path) -> None:
    """A block that is refused, because another process was faster, is run again."""
    with ExitStack() as stack:
        url = stack.enter_context(redis_server.running())
        endpoint = stack.enter_context(http_server.running(tmp_path / "rows.sqlite3"))
        processes = [stack.enter_context(shop_process.running(endpoint, url)) for _ in range(PROCESSES)]
        assert processes[0].call("create") is None
        repeated = {}
        for done, way in enumerate(WAYS, 1):
            for process in processes:
                process.send("increment", way, str(TIMES))
            repeated[way] = [process.receive() for process in processes]
            assert [processes[n].call("state")["stocks"][0] for n in range(PROCESSES)] == [
                done * PROCESSES * TIMES
            ] * PROCESSES, (way, repeated)
        # An addition that Appwrite makes is never refused.
        assert repeated["added"] == repeated["added in a block"] == [0] * PROCESSES
