"""The promise of the cache on real parts: processes, Redis, HTTP, a network that breaks, workers that die."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.cache.torture.checker import Event, appeared, violations
from tests.cache.torture.run import PATIENCE, Report, run
from tests.support.proxies import Faults


@pytest.mark.slow
@pytest.mark.parametrize("pair", [("Redis", "django-redis"), ("Valkey", "django-valkey")], ids=" on ".join)
def test_no_read_misses_what_it_must_show(pair: tuple[str, str], tmp_path: Path) -> None:
    """Nothing may ever be missed; a machine that is busy may need several rounds to meet every kind of trouble."""
    for seed in range(1, 7):
        folder = tmp_path / str(seed)
        folder.mkdir()
        report = run(25, folder, seed=seed, pair=pair)
        assert [str(violation) for violation in violations(report.events)] == []
        assert appeared(report.events) == set(), "a write that was said to have changed nothing did"
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
@pytest.mark.parametrize("server", ["Redis", "Valkey"])
def test_no_read_misses_what_it_must_show_when_a_cluster_replaces_its_primary(server: str, tmp_path: Path) -> None:
    """Processes that are at work notice the failover, and drop what the replica may have missed."""
    for seed in range(1, 4):
        folder = tmp_path / str(seed)
        folder.mkdir()
        report = run(20, folder, seed=seed, pair=(server, "django-redis"), failovers=True)
        assert [str(violation) for violation in violations(report.events)] == []
        if report.failed_over and any(event.status == "HIT" for event in report.events):
            return
    pytest.fail(f"Three rounds without a hit, or without a failover. The last one:\n{report}")


@pytest.mark.slow
def test_without_the_fence_reads_are_found_that_miss_something(tmp_path: Path) -> None:
    """Requests that are applied after their writer gave up: what the fence is for."""
    for seed in range(6):
        folder = tmp_path / str(seed)
        folder.mkdir()
        report = run(15, folder, without="fence", seed=seed, faults=Faults(late=40, patience=PATIENCE))
        if violations(report.events):
            return
    pytest.fail("A minute and more without a fence, and the checker found nothing.")


@pytest.mark.slow
def test_no_read_of_models_misses_what_it_must_show(tmp_path: Path) -> None:
    for seed in range(1, 5):
        folder = tmp_path / str(seed)
        folder.mkdir()
        report = run(30, folder, kind="models", seed=seed)
        assert [str(violation) for violation in violations(report.events)] == []
        assert appeared(report.events) == set(), "a write that was said to have changed nothing did"
        if _met_everything(report) and any(event.kind == "deleted" for event in report.events):
            return
    pytest.fail(f"Four rounds, and none met everything. The last one:\n{report}")


@pytest.mark.slow
def test_reads_are_found_that_miss_changes_of_one_table_of_a_join(tmp_path: Path) -> None:
    """Writers leave alone what is cached of one of the tables."""
    for seed in range(4):
        folder = tmp_path / str(seed)
        folder.mkdir()
        report = run(10, folder, kind="models", without="invalidation", seed=seed, faults=Faults())
        if found := violations(report.events):
            missing = {fact.partition("/")[0] for violation in found for fact in violation.missing}
            assert "maker" in missing
            return
    pytest.fail("Four rounds without invalidation, and the checker found nothing.")


def _read(start: float, rows: Iterable[str], wanted: str = "", group: str = "t/1") -> Event:
    return Event("got" if wanted else "read", start, start + 1, group, tuple(rows), wanted)


def _wrote(*rows: str, start: float = 0, kind: str = "wrote") -> Event:
    return Event(kind, start, start + 1, "t/1", rows)


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
        # Deletions.
        ([_wrote("a"), _wrote("a", start=2, kind="deleted"), _read(4, "")], []),
        ([_wrote("a"), _wrote("a", start=2, kind="deleting"), _read(4, ""), _read(6, "")], []),
        (
            [_wrote("a"), _wrote("a", start=2, kind="deleting"), _wrote("a", start=2, kind="kept"), _read(4, "")],
            [["a"]],
        ),
        ([_wrote("a"), _wrote("a", start=4, kind="deleted"), _read(2, "")], [["a"]]),
        ([_wrote("a"), _wrote("a", start=3, kind="deleted"), _read(2.5, "")], []),
        # Scopes.
        ([_wrote("x/a", "y/b"), _read(2, "", "x/")], [["x/a"]]),
        ([_wrote("x/a=1"), _wrote("x/b"), _read(2, "", "x/a=")], [["x/a=1"]]),
        ([_wrote("x/a"), _read(2, "", "x/ab y/")], []),
        # Writes of several facts.
        ([_wrote("a", "b", kind="unclear"), _read(2, "a", "a"), _read(4, "", "b")], [["b"]]),
        ([_wrote("a=1", "b", kind="unclear"), _read(2, ["a=1"], "a=1"), _read(4, "", "b")], []),
    ],
)
def test_the_checker_knows_what_a_read_must_show(events: list[Event], missing: list[list[str]]) -> None:
    assert [list(violation.missing) for violation in violations(events)] == missing


@pytest.mark.parametrize("kind", ["deleted", "deleting"])
def test_the_checker_knows_what_no_read_may_show(kind: str) -> None:
    """A row that was deleted, which a read proves where its writer does not know the outcome."""
    events = [_wrote("a"), _wrote("a", start=2, kind=kind), _read(4, ""), _read(6, "a")]
    assert [(violation.read.start, list(violation.gone)) for violation in violations(events)] == [(6, ["a"])]


def test_the_checker_finds_rows_of_refused_writes() -> None:
    events = [_wrote("a", "b=1", kind="refused"), _read(0, ["a", "b=1"])]
    assert appeared(events) == {("t/1", "a")}
