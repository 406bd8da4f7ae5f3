"""Measure, print tables, and write JSON and charts: `python -m benchmarks --only cached_reads --minutes 2`."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from pathlib import Path
from typing import Any

from . import ROOT
from .charts import charts
from .groups import GROUPS, group
from .report import as_json, load, machine, now, printed, versions
from .sizes import VARIABLE
from .turns import in_turns, left_out

OUTPUT = ROOT / "build" / "benchmarks"


def minutes(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of minutes, from 0")
    return number


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", action="append", choices=GROUPS, metavar="NAME", help=f"a group, several times: {', '.join(GROUPS)}"
    )
    parser.add_argument(
        "--minutes",
        type=minutes,
        default=6.0,
        help="time for all rounds together; each group has one round at least, and its start besides (%(default)g)",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="one call a turn and less of what takes long, to see that all groups run; the figures mean nothing",
    )
    parser.add_argument(
        "--output", type=Path, default=OUTPUT, metavar="FOLDER", help="for benchmarks.json and charts (%(default)s)"
    )
    return parser.parse_args(argv)


def measured(name: str, seconds: float) -> dict[str, Any]:
    before, began = load(), time.monotonic()
    rounds, figures = in_turns(name, seconds)
    found = group(name)
    return {
        "rounds": rounds,
        "seconds": round(time.monotonic() - began, 1),
        "load": [before[0], load()[0]],
        "left_out": left_out(found),
        **as_json(found, figures),
    }


def main(argv: list[str]) -> None:
    options = arguments(argv)
    if options.quick:
        os.environ[VARIABLE] = "1"  # before a group is imported, and for the processes of contenders
    names = [name for name in GROUPS if name in (options.only or GROUPS)]
    options.output.mkdir(parents=True, exist_ok=True)
    share = options.minutes * 60 / sum(GROUPS[name] for name in names)
    run: dict[str, Any] = {"machine": machine(), "versions": versions(), "started": now(), "load_average": load()}
    results = run["groups"] = {}
    for name in names:
        results[name] = measured(name, share * GROUPS[name])
        print("\n".join(printed(results[name])), flush=True)
        for number, chart in enumerate(charts(results[name]), 1):
            (options.output / f"{name}-{number}.svg").write_text(chart, encoding="utf-8")
    (options.output / "benchmarks.json").write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
    print(f"\nWritten to {options.output}: benchmarks.json, and a chart of each table")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (OSError, RuntimeError) as error:
        raise SystemExit(f"error: {error}") from error
