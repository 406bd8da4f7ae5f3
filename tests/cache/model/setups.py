"""What is searched, by the tests and by `python -m tests.cache.model --page`.

The latter prints the tables of docs/explanation/guarantees.md.
"""

from __future__ import annotations

from tests.cache.model.state import Setup

ONE = ((0,),)
BOTH = ((0, 1),)
LONGER = frozenset({1})
OUTCOMES = {"timeouts": True, "refusals": True, "errors": True}
ANYTHING = {**OUTCOMES, "crashes": 1}

# No read may be misled in any state of these.
SOUND = {
    "2 readers, 2 writers": Setup(),
    "2 readers that share fetches, 2 writers": Setup(flights=True),
    "2 readers, 1 writer, any outcome or a crash": Setup(writers=ONE, **ANYTHING),
    "2 readers that share fetches, 1 writer, any outcome or a crash": Setup(writers=ONE, flights=True, **ANYTHING),
    "1 reader, 2 writers, any outcome or a crash": Setup(readers=1, **ANYTHING),
    "two leases: 1 reader, 2 writers, any outcome or a crash": Setup(readers=1, leases=2, **ANYTHING),
    "two leases: 1 reader, 3 writers, no evictions": Setup(readers=1, writers=ONE * 3, leases=2, evictions=False),
    "two leases, key by key: 1 reader, 2 writers, no evictions": Setup(1, leases=2, at_once=False, evictions=False),
    "1 reader, 3 writers, no evictions": Setup(readers=1, writers=ONE * 3, evictions=False),
    "1 reader, 2 writers with fences of different lives, timeouts": Setup(1, longer=LONGER, timeouts=True),
    "1 reader that remembers, 2 writers, timeouts": Setup(readers=1, memory=True, timeouts=True),
    "2 readers that remember, 1 writer, timeouts or a crash": Setup(writers=ONE, memory=True, timeouts=True, crashes=1),
    "key by key: 1 reader, 1 writer, any outcome or a crash": Setup(readers=1, writers=ONE, at_once=False, **ANYTHING),
    "1 reader, 2 writers, a cache that takes no more changes": Setup(readers=1, outages=1, outage_ends=False),
    "two tables: 1 reader, a writer of each": Setup(readers=1, writers=((0,), (1,)), tables=2),
    "two tables: 1 reader, 1 writer of both, any outcome or a crash": Setup(1, BOTH, tables=2, **ANYTHING),
}
# Nor in these, which take too long for every run of the tests.
LARGE = {
    "2 readers, 2 writers, timeouts and a crash": Setup(timeouts=True, crashes=1),
    "2 readers that share fetches, 2 writers, timeouts and a crash": Setup(flights=True, timeouts=True, crashes=1),
    "2 readers, 3 writers": Setup(writers=ONE * 3),
    "1 reader, 3 writers with fences of different lives, timeouts, no evictions": Setup(
        1, ONE * 3, longer=LONGER, timeouts=True, evictions=False
    ),
    "two leases: 2 readers, 3 writers": Setup(writers=ONE * 3, leases=2),
    "two tables: 2 readers, a writer of each": Setup(writers=((0,), (1,)), tables=2),
    "two tables: 1 reader, 2 writers of both, timeouts and a crash": Setup(
        1, BOTH * 2, tables=2, timeouts=True, crashes=1
    ),
    "key by key: 2 readers, 2 writers, no evictions": Setup(at_once=False, evictions=False),
}
# Here reads are misled: the numbers are those of the states in which one is.
RESIDUES = {
    "a fence is lost": Setup(readers=1, lost_fences=1),
    "a fence is lost, a writer dies": Setup(readers=1, writers=ONE, lost_fences=1, crashes=1),
    "a fence is lost, a writer hears nothing": Setup(readers=1, writers=ONE, lost_fences=1, timeouts=True),
    "the cache fails one call": Setup(readers=1, failures=1),
    "the cache fails one call, a writer dies": Setup(readers=1, writers=ONE, failures=1, crashes=1),
    "the cache fails one call, a writer hears nothing": Setup(readers=1, writers=ONE, failures=1, timeouts=True),
    "the cache fails two calls, a writer hears nothing": Setup(readers=1, writers=ONE, failures=2, timeouts=True),
    "the cache takes no changes for a while, which the reader notices": Setup(1, outages=1, all_notice=True),
    "the same, two readers beside one write": Setup(2, ONE, outages=1, all_notice=True),
    "the cache takes no changes for a while, while a reader does nothing, nor the writer afterwards": Setup(
        1, outages=1
    ),
    "`add` is not atomic": Setup(readers=1, atomic_add=False),
    "`add` is not atomic, a writer dies": Setup(readers=1, atomic_add=False, crashes=1),
}
