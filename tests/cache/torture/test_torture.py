"""The promise of the cache on real parts: processes, Redis, HTTP, a network that breaks, workers that die."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cache.torture.checker import Event, violations
from tests.cache.torture.run import PATIENCE, Report, run
from tests.support.proxies import Faults


@pytest.mark.slow
def test_no_read_misses_what_it_must_show(tmp_path: Path) -> None:
    """Nothing may ever be missed; a machine that is busy may need several rounds to meet every kind of trouble."""
    for seed in range(1, 7):
        folder = tmp_path / str(seed)
        folder.mkdir()
        report = run(25, folder, seed=seed)
        assert [str(violation) for violation in violations(report.events)] == []
        refused = {(event.group, row) for event in report.events if event.kind == "refused" for row in event.rows}
        shown = {(event.group, row) for event in report.events if event.kind in ("read", "got") for row in event.rows}
        assert refused & shown == set(), "a write that was said to have changed nothing did"
        if _met_everything(report):
            return
    pytest.fail(f"Six rounds, and none met everything. The last one:\n{report}")


def _met_everything(report: Report) -> bool:
    return (
        sum(event.status == "HIT" for event in report.events) > 100
        and {"wrote", "unclear"} <= {event.kind for event in report.events}
        and len(report.met) >= 6
        and report.killed > 0
        and report.evicted > 0
    )


@pytest.mark.slow
def test_without_the_fence_reads_are_found_that_miss_something(tmp_path: Path) -> None:
    """Requests that are applied after their writer gave up: what the fence is for."""
    for seed in range(6):
        folder = tmp_path / str(seed)
        folder.mkdir()
        report = run(15, folder, fence=False, seed=seed, faults=Faults(late=40, patience=PATIENCE))
        if violations(report.events):
            return
    pytest.fail("A minute and more without a fence, and the checker found nothing.")


def _read(start: float, rows: str, wanted: str = "", group: str = "t/1") -> Event:
    return Event("got" if wanted else "read", start, start + 1, group, tuple(rows), wanted)


@pytest.mark.parametrize(
    ("events", "missing"),
    [
        ([Event("wrote", 0, 1, "t/1", ("a",)), _read(2, "a")], []),
        ([Event("wrote", 0, 1, "t/1", ("a",)), _read(2, "b")], [["a"]]),
        ([Event("wrote", 0, 1, "t/1", ("a",)), _read(0.5, "")], []),
        ([Event("unclear", 0, 1, "t/1", ("a",)), _read(2, "")], []),
        ([Event("wrote", 0, 1, "t/1", ("a",)), _read(2, "", group="t/2")], []),
        ([Event("wrote", 0, 1, "t/1", ("a",)), _read(2, "", "a"), _read(2, "", "b")], [["a"]]),
        ([_read(0, "ab"), _read(2, "a"), _read(2, "b", "b")], [["b"]]),
        ([_read(0, "a"), _read(0.5, "")], []),
        ([_read(0, "a", "a"), _read(2, "")], [["a"]]),
    ],
)
def test_the_checker_knows_what_a_read_must_show(events: list[Event], missing: list[list[str]]) -> None:
    assert [list(violation.missing) for violation in violations(events)] == missing
