"""Search the protocol from the command line: see `python -m tests.cache.model --help`.

Ends with status 1 when a read was found that misses a change whose writer has died or has been told how it went.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time

from tests.cache.model.search import PROMISED, Result, search
from tests.cache.model.setups import LARGE, RESIDUES, SOUND
from tests.cache.model.state import Rules, Setup


def main() -> int:
    options = _parser().parse_args()
    if options.page:
        return _print_page()
    tables = tuple(range(options.tables))
    setup = Setup(
        readers=options.readers,
        writers=(tables,) * options.writers
        if not options.split
        else tuple((n % options.tables,) for n in range(options.writers)),
        tables=options.tables,
        leases=options.leases,
        longer=frozenset(range(options.longer)),
        evictions=not options.no_evictions,
        timeouts=options.timeouts,
        refusals=options.refusals,
        errors=options.errors,
        crashes=options.crashes,
        failures=options.failures,
        lost_fences=options.lost_fences,
        outages=options.outages,
        all_notice=options.all_notice,
        atomic_add=not options.add_in_two,
        flights=options.flights,
        memory=options.memory,
        at_once=not options.key_by_key,
        rules=Rules(**dict.fromkeys(options.without, False)),
    )
    started = time.monotonic()
    result = search(setup, limit=options.limit, until=PROMISED if options.first else frozenset())
    _report(result, time.monotonic() - started)
    return 1 if PROMISED & result.stale.keys() else 0


def _print_page() -> int:
    """The tables of docs/explanation/guarantees.md."""
    sound = True
    print("| who, and what may happen | states | moves | reads misled |\n| --- | --- | --- | --- |")
    for name, setup in {**SOUND, **LARGE}.items():
        result = search(setup)
        sound = sound and not result.stale
        print(f"| {name} | {result.states:,} | {result.moves:,} | {sum(result.stale.values()):,} |", flush=True)
    print("\n| what goes wrong | states | missing: under way | crashed | unclear | acknowledged |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, setup in RESIDUES.items():
        print(f"| {name} | {residue(setup)} |", flush=True)
    return 0 if sound else 1


def residue(setup: Setup) -> str:
    """A row of the second table: the number of states, and of those in which a read is misled, by what it misses."""
    result = search(setup)
    kinds = ("under way", "crashed", "unclear", "acknowledged")
    return " | ".join(f"{number:,}" for number in (result.states, *(result.stale[kind] for kind in kinds)))


def _report(result: Result, seconds: float) -> None:
    print(f"{result.states:,} states, {result.moves:,} moves, {seconds:.0f} s")
    if not result.stale:
        print("No read shows less than Appwrite did when the read began.")
    for kind, count in result.stale.most_common():
        trace = result.traces[kind]
        print(f"\n{count:,} states in which a read misses a change that is {kind}; a shortest way there:")
        for number, move in enumerate(trace, 1):
            print(f"{number:4}. {move}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.cache.model", description=__doc__)
    parser.add_argument("--readers", type=int, default=2, help="at a time; each reads again and again")
    parser.add_argument("--writers", type=int, default=2, help="each writes once, all tables unless --split is given")
    parser.add_argument("--tables", type=int, default=1, help="a read covers all of them")
    parser.add_argument("--leases", type=int, default=1, help="of each table")
    parser.add_argument("--split", action="store_true", help="each writer writes one table, in turn")
    parser.add_argument("--longer", type=int, default=0, metavar="N", help="writers whose fences live longer")
    parser.add_argument("--timeouts", action="store_true", help="writers give up waiting; requests get lost or late")
    parser.add_argument("--refusals", action="store_true", help="the server may answer 4xx")
    parser.add_argument("--errors", action="store_true", help="the server may apply a change and answer 500")
    parser.add_argument("--crashes", type=int, default=0, metavar="N", help="writers that may die")
    parser.add_argument("--failures", type=int, default=0, metavar="N", help="calls of the cache that may fail")
    parser.add_argument("--lost-fences", type=int, default=0, metavar="N", help="fences that the cache may forget")
    parser.add_argument("--outages", type=int, default=0, metavar="N", help="times that the cache takes no changes")
    parser.add_argument("--all-notice", action="store_true", help="each reader reads during such an outage")
    parser.add_argument("--no-evictions", action="store_true", help="tokens and envelopes stay")
    parser.add_argument("--key-by-key", action="store_true", help="many keys are not looked up or deleted at once")
    parser.add_argument("--add-in-two", action="store_true", help="`add` looks first and sets later")
    parser.add_argument("--flights", action="store_true", help="readers may take what others have fetched or stored")
    parser.add_argument("--memory", action="store_true", help="readers remember the answer they had last")
    parser.add_argument("--limit", type=int, default=50_000_000, help="give up beyond so many states")
    parser.add_argument("--page", action="store_true", help="search all there is in setups.py, as the docs show it")
    parser.add_argument("--first", action="store_true", help="stop at the first broken promise")
    names = [field.name for field in dataclasses.fields(Rules)]
    parser.add_argument("--without", action="append", default=[], choices=names, help="leave out a safeguard")
    return parser


if __name__ == "__main__":
    sys.exit(main())
