"""The sites and the tables of the sizing guide, docs/performance/large-sites.md."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from .costs import Costs, Limits, Load, load, room
from .formulas import predict
from .workload import Workload

# Seconds of the processor for a page without its reads.
PAGE = 0.01
SITES = {
    "shop": Workload(tables=50, entries=200, processes=8, threads=2, reads=500.0, writes=0.5, write_zipf=1.0),
    "news": Workload(tables=100, entries=500, processes=40, threads=4, reads=5_000.0, writes=0.5, write_zipf=1.0),
    "market": Workload(
        tables=300, entries=1_000, processes=2_000, threads=1, reads=20_000.0, writes=10.0, write_zipf=0.5
    ),
}
LIMITS = {
    "shop": Limits(web_cores=8, web_memory=4 * 2**30, redis_memory=2**28, appwrite=200),
    "news": Limits(web_cores=40, web_memory=16 * 2**30, redis_memory=2**30, appwrite=500),
    "market": Limits(web_cores=256, web_memory=256 * 2**30, redis_memory=2**32, appwrite=5_000, network=1e10),
}
# What can be changed of a site, and what that changes in its workload.
CHANGES: Mapping[str, Mapping[str, float]] = {
    "as above": {},
    '`"TRUST": 1`': {"trust": 1.0},
    '`"TRUST": 10`': {"trust": 10.0},
    '`"MEMORY": 0`': {"memory": 0},
    '`"MEMORY"` of 32 MiB': {"memory": 32 * 2**20},
    "a quarter of the processes, with 4 times the threads": {"processes": 0.25, "threads": 4},
    "a third of the writes": {"writes": 1 / 3},
    '`"TTL": 3600`': {"ttl": 3_600.0},
}
# Those that multiply what the site has.
FACTORS = ("processes", "threads", "writes")
WRITES = (0.1, 1.0, 3.0, 10.0, 30.0)


def sites() -> list[list[str]]:
    """What the sites are: one line for each input."""
    found = SITES.values()
    return [
        ["Web requests in a second", *(f"{site.reads / site.reads_per_request:,.0f}" for site in found)],
        ["Reads of a web request", *(f"{site.reads_per_request}" for site in found)],
        ["Tables", *(f"{site.tables}" for site in found)],
        ["Different queries of each table", *(f"{site.entries:,}" for site in found)],
        ["Writes in a second", *(f"{site.writes:g}" for site in found)],
        ["Web processes", *(f"{site.processes:,}" for site in found)],
        ["Threads of each process", *(f"{site.threads}" for site in found)],
        ["Cores of the web servers", *(f"{limits.web_cores:g}" for limits in LIMITS.values())],
        ["Requests that Appwrite takes in a second", *(f"{limits.appwrite:,.0f}" for limits in LIMITS.values())],
        ["Memory of Redis", *(f"{limits.redis_memory / 2**20:,.0f} MiB" for limits in LIMITS.values())],
        ["Network of Redis", *(f"{limits.network / 1e9:g} Gbit/s" for limits in LIMITS.values())],
    ]


def examples(run: Mapping[str, Any]) -> list[list[str]]:
    """One line for each figure, with a cell for each site."""
    loads = {name: _load(run, name, site) for name, site in SITES.items()}
    lines = {
        "Hits": [f"{one.rates.hit_rate:.0%}" for one in loads.values()],
        "Requests to Appwrite in a second": [
            _number(one.rates.read_requests + one.rates.writes) for one in loads.values()
        ],
        "of them writes": [_number(one.rates.writes) for one in loads.values()],
        "Commands of Redis in a second": [_number(sum(one.rates.commands.values())) for one in loads.values()],
        "of them for statistics": [_number(one.rates.counters) for one in loads.values()],
    }
    for number, share in enumerate(loads["shop"].shares[:-1]):
        used = [one.shares[number] for one in loads.values()]
        lines[share.what[0].upper() + share.what[1:]] = [f"{_number(one.used)} {one.unit}".strip() for one in used]
    firsts = {name: room(site, Costs.of(run, site.rows), LIMITS[name], PAGE) for name, site in SITES.items()}
    lines["Full first"] = [f"{share.what}, at {factor:.1f} times this load" for factor, share in firsts.values()]
    return [[name, *cells] for name, cells in lines.items()]


def changed(site: Workload, change: Mapping[str, float]) -> Workload:
    amounts = {name: getattr(site, name) * by if name in FACTORS else by for name, by in change.items()}
    return dataclasses.replace(
        site, **{name: round(by) if isinstance(getattr(site, name), int) else by for name, by in amounts.items()}
    )


def changes(run: Mapping[str, Any], which: str) -> list[list[str]]:
    """One line for each change of a site."""
    lines = []
    for name, change in CHANGES.items():
        one = _load(run, which, changed(SITES[which], change))
        shares = {share.what: share for share in one.shares}
        redis, network = shares["processor of Redis"], shares["network of Redis"]
        lines.append(
            [
                name,
                f"{one.rates.hit_rate:.0%}",
                _number(one.rates.read_requests + one.rates.writes),
                _number(sum(one.rates.commands.values())),
                f"{_number(redis.used)} cores",
                f"{_number(network.used)} Mbit/s",
                f"{_number(shares['memory of the process caches'].used / 1024)} GiB",
            ]
        )
    return lines


def written(run: Mapping[str, Any]) -> list[list[str]]:
    """One line for each rate of writes of a table that is read 100 times a second."""
    lines = []
    for writes in WRITES:
        site = Workload(tables=1, entries=50, processes=50, reads=100, writes=writes)
        rates = predict(site, Costs.of(run, site.rows).entry_in_process)
        lines.append(
            [
                f"{writes:g}",
                f"{rates.hit_rate:.0%}",
                _number(rates.read_requests),
                f"{rates.marked_reads / site.reads:.0%}",
            ]
        )
    return lines


def _load(run: Mapping[str, Any], name: str, site: Workload) -> Load:
    return load(site, Costs.of(run, site.rows), LIMITS[name], PAGE)


def _number(figure: float) -> str:
    """Two digits: more would promise too much."""
    if figure >= 10:
        digits = 2 - len(f"{figure:.0f}")
        return f"{round(figure, digits):,.0f}"
    return f"{figure:.2g}"
