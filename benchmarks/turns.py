"""Contenders in processes of their own, which take turns.

`python -m benchmarks.turns GROUP CONTENDER` is such a process. It writes the names of its cells, then for each name on
its standard input what it has measured, both as lines of JSON.
"""

from __future__ import annotations

import importlib.util
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from . import ROOT
from .groups import LINUX, NPM, POSTGRESQL, Group, group
from .support import node, postgresql

# The figures of a group: clock or kind, by measure and contender.
Figures = dict[tuple[str, str], dict[str, float]]


class Process:
    def __init__(self, group_name: str, contender: str) -> None:
        self.name = f"{group_name}: {contender}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.turns", group_name, contender],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def read(self) -> list[str] | dict[str, float]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"The process of {self.name!r} has ended; its error is above.")
        return json.loads(line)

    def measure(self, cell: str) -> dict[str, float]:
        assert self.process.stdin is not None
        print(json.dumps(cell), file=self.process.stdin, flush=True)
        return dict(self.read())

    def close(self) -> None:
        """Let it close what it has started, then end it."""
        self.process.communicate()


@contextmanager
def started(group_name: str, contenders: list[str]) -> Iterator[dict[str, tuple[Process, list[str]]]]:
    """The processes of the contenders, each with the names of its cells."""
    with ExitStack() as stack:
        processes = {}
        for name in contenders:
            processes[name] = Process(group_name, name)
            stack.callback(processes[name].close)
        yield {name: (process, list(process.read())) for name, process in processes.items()}


def left_out(contenders: Group) -> dict[str, str]:
    """The contenders for which something is not there, with a sentence that says how to get it."""
    found = {name: map(_reason, needed.split()) for name, needed in contenders.CONTENDERS.items()}
    reasons = {name: "; ".join(filter(None, several)) for name, several in found.items()}
    return {name: reason for name, reason in reasons.items() if reason}


def _reason(needed: str) -> str | None:
    if needed.startswith(NPM):
        return node.missing(needed.removeprefix(NPM))
    if needed == POSTGRESQL:
        return postgresql.missing()
    if needed == LINUX:
        return None if sys.platform == "linux" else "it needs Linux, which has a clock for each process"
    return None if importlib.util.find_spec(needed) else f"{needed} is not installed: pip install --group benchmark"


def in_turns(group_name: str, seconds: float) -> tuple[int, Figures]:
    """Go round as often as `seconds` allow, and at least once; return the number of rounds and the medians of them."""
    found = group(group_name)
    missing = left_out(found)
    samples: dict[tuple[str, str], list[dict[str, float]]] = {}
    rounds, longest = 0, 0.0
    with started(group_name, [name for name in found.CONTENDERS if name not in missing]) as processes:
        measures = list(dict.fromkeys(cell for _, cells in processes.values() for cell in cells))
        names = list(processes)
        end = time.monotonic() + seconds
        while not rounds or time.monotonic() + longest < end:
            began = time.monotonic()
            for measure in measures:
                for name in names:
                    process, cells = processes[name]
                    if measure in cells:
                        samples.setdefault((measure, name), []).append(process.measure(measure))
            names.append(names.pop(0))  # none of them always runs after the same one
            rounds += 1
            longest = max(longest, time.monotonic() - began)
    return rounds, {key: _medians(several) for key, several in samples.items()}


def _medians(samples: list[dict[str, float]]) -> dict[str, float]:
    return {kind: statistics.median(sample[kind] for sample in samples) for kind in samples[0]}


def main(group_name: str, contender: str) -> None:
    out, sys.stdout = sys.stdout, sys.stderr  # what is printed by others must not be taken for a figure
    with ExitStack() as stack:
        cells = group(group_name).prepare(contender, stack)
        print(json.dumps(list(cells)), file=out, flush=True)
        for line in sys.stdin:
            print(json.dumps(cells[json.loads(line)].measure()), file=out, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
