"""A site on several hosts that are parted from each other. `python -m tests.hosts` does it for longer, and prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hosts.network import NoNetworkError
from tests.hosts.run import PHASES, Report, run

# Two partitions, so that it ends soon: web1 loses Redis, and then all do.
TRIED = PHASES[1], PHASES[7]


def made(folder: Path) -> Report:
    try:
        return run(folder, seconds=2, settled=0.5, phases=TRIED)
    except NoNetworkError as error:
        pytest.skip(f"It needs network namespaces: {error} Run `sudo python -m tests.hosts`.")


@pytest.mark.slow
def test_no_reader_misses_an_acknowledged_change(tmp_path: Path) -> None:
    report = made(tmp_path)
    assert sum(seen.missed for seen in report.seen) == 0, f"\n{report}"
    assert sum(report.missed_after.values()) == 0, f"\n{report}"
    without, beside, *all_without = report.seen
    assert beside.statuses["HIT"], f"\n{report}"
    assert all(seen.statuses["BYPASS"] for seen in (without, *all_without)), f"\n{report}"
    assert report.writes[TRIED[0].name]["wrote"], f"\n{report}"
