"""What happens without a reader or writer doing it: in the server and on the way there, in the cache, to fences."""

from __future__ import annotations

from tests.cache.model.state import NO_ENVELOPE, Move, Moves, Setup, State, Writer, put
from tests.cache.model.writing import ended


def server_moves(setup: Setup, state: State) -> Moves:
    """A request that is under way is applied, refused or lost; its writer may have given up or died long ago."""
    for number, writer in enumerate(state.writers):
        if writer.request != "under way":
            continue
        who = f"server, to writer {number + 1}"
        applied = state._replace(applied=state.applied | setup.bits[number])
        yield Move(who, "apply"), applied.with_writer(number, _at(writer, "applied"))
        if setup.errors:
            yield Move(who, "apply and answer 500"), applied.with_writer(number, _at(writer, "failed"))
        if setup.refusals:
            yield Move(who, "refuse"), state.with_writer(number, _at(writer, "refused"))
        if setup.timeouts or writer.has_ended:
            yield Move(who, "never get it"), state.with_writer(number, _at(writer, "lost"))


def _at(writer: Writer, request: str) -> Writer:
    return ended(writer._replace(request=request), writer.at) if writer.has_ended else writer._replace(request=request)


def cache_moves(setup: Setup, state: State) -> Moves:
    """Entries are evicted, fences run out, and fences are lost."""
    if setup.evictions:
        for table, token in enumerate(state.tokens):
            if token:
                yield Move("cache", "evict token", table), state._replace(tokens=put(state.tokens, table, 0))
        if state.envelope:
            yield Move("cache", "evict envelope"), state._replace(envelope=None)
    for number, reader in enumerate(state.readers):
        if reader.kept.tokens:
            forgetful = reader._replace(kept=NO_ENVELOPE)
            yield Move(f"memory of reader {number + 1}", "forget"), state.with_reader(number, forgetful)
    if state.left.outages and not state.refusing:
        left = state.left._replace(outages=state.left.outages - 1)
        yield Move("cache", "take no more changes"), state._replace(refusing=True, left=left)
    noticed = not setup.all_notice or all(reader.suspects for reader in state.readers)
    if state.refusing and setup.outage_ends and noticed:
        yield Move("cache", "take changes again"), state._replace(refusing=False)
    for slot in range(len(state.leases)):
        yield from _lease_moves(setup, state, slot)
    for table in range(setup.tables):
        yield from _in_doubt_moves(setup, state, table)


def _lease_moves(setup: Setup, state: State, slot: int) -> Moves:
    owner, table = state.leases[slot] - 1, slot // setup.leases
    if owner < 0:
        return
    free = state._replace(leases=put(state.leases, slot, 0))
    writer = state.writers[owner]
    if not writer.can_still_change:  # a fence lives as long as the request can still be applied
        if setup.rules.stopwatch:  # its one stopwatch was started before its first lease
            asks = setup.may_be_unclear and (writer.at == "wait" or (writer.at, writer.outcome) == ("end", "unclear"))
            writer = writer._replace(leases=(), bare=setup.writers[owner] if asks else writer.bare)
        yield Move("cache", "lease runs out", table), free.with_writer(owner, writer)
    if state.left.lost_fences:
        yield Move("cache", "lose lease", table), _losing(free)


def _in_doubt_moves(setup: Setup, state: State, table: int) -> Moves:
    for name, who in zip(("marker", "longer marker"), setup.in_doubt, strict=True):
        in_doubt = state.in_doubt[table] & who
        if not in_doubt:
            continue
        gone = state._replace(in_doubt=put(state.in_doubt, table, state.in_doubt[table] - in_doubt))
        if not any(writer.can_still_change for number, writer in enumerate(state.writers) if in_doubt >> number & 1):
            yield Move("cache", f"{name} runs out", table), gone
        if state.left.lost_fences:
            yield Move("cache", f"lose {name}", table), _losing(gone)


def _losing(state: State) -> State:
    return state._replace(left=state.left._replace(lost_fences=state.left.lost_fences - 1))
