"""Predict the load of a site and what reaches its limit first: `python -m benchmarks.site --tables 300 --writes 10`."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from . import real
from .costs import RESULTS, Costs, Limits, Load, load, room
from .guide import LIMITS, PAGE, SITES
from .workload import Workload

Made = TypeVar("Made")

HELP = {
    "tables": "tables",
    "entries": "different queries of each table",
    "processes": "web processes and workers",
    "threads": "threads of each process, each with a connection to Redis",
    "reads": "reads of the whole site in a second",
    "reads_per_request": "reads of a web request",
    "writes": "writes of the whole site in a second",
    "zipf": "exponent of the popularity of tables, and of the queries of a table",
    "write_zipf": "exponent of the writes to tables; 0: all are written alike",
    "ttl": "TTL of an entry, in seconds",
    "trust": "window of trust, in seconds",
    "memory": "bytes of the process cache of each process",
    "rows": "rows of a result",
    "read_latency": "seconds of a read by Appwrite",
    "write_latency": "seconds of a write by Appwrite",
    "round_trip": "seconds of a round trip to Redis",
    "web_cores": "cores of all web servers",
    "web_memory": "bytes of memory for the process caches of all web servers",
    "redis_memory": "maxmemory of Redis, in bytes",
    "redis_connections": "maxclients of Redis",
    "network": "network of Redis, in bits in a second",
    "appwrite": "requests that Appwrite takes in a second",
}


def arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.site", description=__doc__)
    for kind in (Workload, Limits):
        for field in dataclasses.fields(kind):
            parser.add_argument(
                f"--{field.name.replace('_', '-')}",
                type=int if field.type == "int" else float,
                default=field.default,
                metavar="N",
                help=f"{HELP[field.name]} ({_shown(field.default)})",
            )
    parser.add_argument(
        "--page",
        type=float,
        default=PAGE,
        metavar="N",
        help="seconds of the processor for a web request without its reads (%(default)g)",
    )
    parser.add_argument(
        "--costs",
        type=Path,
        default=RESULTS,
        metavar="FILE",
        help="benchmarks.json of a run with the group `events` (%(default)s)",
    )
    parser.add_argument("--check", type=float, metavar="SECONDS", help="run the small real site instead")
    parser.add_argument("--like", choices=SITES, help="take what is not given from a site of the guide")
    if like := parser.parse_args(argv).like:
        parser.set_defaults(**dataclasses.asdict(SITES[like]), **dataclasses.asdict(LIMITS[like]))
    return parser.parse_args(argv)


def _shown(default: float) -> str:
    return f"{default:,.0f}" if default >= 1_000 else f"{default:g}"


def made(kind: type[Made], options: argparse.Namespace) -> Made:
    names = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: getattr(options, name) for name in names})


def printed(found: Load, factor: float, first: str) -> Iterator[str]:
    rates = found.rates
    reads = rates.hits + rates.misses
    yield f"{'reads':32}{'in a second':>14}{'share':>10}"
    for name, rate in {
        "hits, trusted": rates.trusted,
        "hits, in the process": rates.checked,
        "hits, from Redis": rates.transferred,
        "misses, first after a write": rates.first_misses,
        "misses, after the TTL": rates.expired_misses,
        "misses, shared with another": rates.waits,
        "misses, beside a write": rates.fenced_misses,
        "hits": rates.hits,
    }.items():
        yield f"{name:32}{rate:14,.1f}{rate / reads:10.2%}"
    yield f"\n{'load':32}{'used':>14}{'limit':>14}{'share':>10}"
    for share in found.shares:
        yield f"{share.what:32}{_used(share.used)}{share.limit:14,.0f}{share.of_limit:10.1%}  {share.unit}"
    commands, statistics = sum(rates.commands.values()), rates.counters
    yield f"\n{'commands of Redis':32}{commands:14,.1f}  in a second; {statistics:,.1f} of them add statistics"
    yield f"Full first: {first}, at {factor:.2g} times this load"


def _used(figure: float) -> str:
    return f"{figure:14,.1f}" if figure >= 1 else f"{figure:14.2g}"


def checked(seconds: float) -> Iterator[str]:
    """Run the small real site; the lines of its counts beside what is predicted for it."""
    warm = 2 * real.SITE.ttl
    found = real.run(real.SITE, warm, seconds)
    yield f"{'':24}{'formulas':>12}{'simulation':>12}{'measured':>12}{'errors':>20}"
    for line in real.compared(real.SITE, found, warm, seconds):
        if line.name == "hit rate":
            errors = [f"{predicted - line.measured:+.3f}" for predicted in (line.formulas, line.simulation)]
        else:
            errors = [f"{predicted / line.measured - 1:+.1%}" for predicted in (line.formulas, line.simulation)]
        figures = "".join(f"{figure:12.3f}" for figure in (line.formulas, line.simulation, line.measured))
        yield f"{line.name:24}{figures}{errors[0]:>10}{errors[1]:>10}"
    site = found.site
    yield f"\nFigures are in a second, but for the hit rate. Appwrite took {site.read_latency * 1000:.1f} ms for a read"
    yield f"and {site.write_latency * 1000:.1f} ms for a write; {found.counts['late']:.0f} visits were late."


def main(argv: list[str] | None = None) -> None:
    options = arguments(argv)
    if options.check:
        print("\n".join(checked(options.check)))
        return
    site, limits = made(Workload, options), made(Limits, options)
    costs = Costs.load(options.costs, site.rows)
    factor, first = room(site, costs, limits, options.page)
    print("\n".join(printed(load(site, costs, limits, options.page), factor, first.what)))


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, json.JSONDecodeError) as error:
        raise SystemExit(f"error: {error}") from error
