"""The next step of a writer: leases and in-doubt markers, tokens, the request, and the clean-up after it."""

from __future__ import annotations

from collections.abc import Collection

from tests.cache.model.state import Move, Moves, Setup, State, Writer, put

Call = tuple[str, int | None, State]  # what it does, to which table, and what there is then
# What a writer makes of where its request is: an answer to its call, or nothing yet.
HEARD = {"applied": "succeeded", "failed": "unclear", "refused": "refused"}


def writer_moves(setup: Setup, state: State, number: int) -> Moves:
    writer, who = state.writers[number], f"writer {number + 1}"
    if writer.has_ended:
        if writer.is_pending and not state.refusing:
            deleted = state._replace(tokens=_without(state.tokens, setup.writers[number]))
            yield Move(who, "delete its pending tokens"), deleted.with_writer(number, writer._replace(is_pending=False))
        return
    if writer.at == "start":
        writer = writer._replace(at=_first(setup))
    elif writer.at == "end":
        writer = _at_the_end(setup, writer)
    if writer.at in _CACHE_CALLS and state.refusing:
        after = _without_effect(setup, state, number, writer)._replace(left=state.left)
        is_pending = after.writers[number].has_ended
        yield (
            Move(who, f"{writer.at} fails"),
            after.with_writer(number, after.writers[number]._replace(is_pending=is_pending)),
        )
    elif writer.at in _CACHE_CALLS:
        what, table, after = _CACHE_CALLS[writer.at](setup, state, number, writer)
        yield Move(who, what, table), after
        if state.left.failures:
            yield Move(who, f"{what} fails", table), _without_effect(setup, state, number, writer)
    elif writer.at == "send":
        yield Move(who, "send"), state.with_writer(number, writer._replace(at="wait", request="under way"))
    elif writer.at == "wait":
        if outcome := HEARD.get(writer.request):
            yield Move(who, f"hear that it {outcome}"), _ending(state, number, writer, outcome)
        if setup.timeouts and writer.request in ("under way", "lost", "applied"):
            yield Move(who, "give up waiting"), _ending(state, number, writer, "unclear")
    if state.left.crashes and state.writers[number].at != "start":
        left = state.left._replace(crashes=state.left.crashes - 1)
        yield Move(who, "crash"), state._replace(left=left).with_writer(number, ended(writer, "crashed"))


def ended(writer: Writer, outcome: str) -> Writer:
    return Writer(outcome, "under way" if writer.request == "under way" else "none")


def _first(setup: Setup) -> str:
    if not setup.rules.own_keys:
        return "set BUSY"
    return "take lease" if setup.rules.fence and setup.rules.fence_before_token else "delete tokens"


def _ending(state: State, number: int, writer: Writer, outcome: str) -> State:
    bare = writer.bare if outcome == "unclear" else ()
    return state.with_writer(number, writer._replace(at="end", bare=bare, outcome=outcome, step=0))


def _at_the_end(setup: Setup, writer: Writer) -> Writer:
    if writer.outcome == "unclear" and writer.bare and setup.rules.in_doubt_when_unclear:
        return writer._replace(at="mark again")
    return writer._replace(at="tidy up", bare=())


def _take_lease(setup: Setup, state: State, number: int, writer: Writer) -> Call:
    table = setup.writers[number][writer.step]
    what = "take another lease" if writer.tries else "take lease"
    if state.leases[_slot(setup, number, writer)] == 0:
        if not setup.atomic_add:
            return "find no lease", table, state.with_writer(number, writer._replace(at="set lease"))
        return what, table, _set_lease(setup, state, number, writer)[2]
    if writer.tries + 1 < setup.leases:
        after = writer._replace(tries=writer.tries + 1)
    else:
        after = writer._replace(at="mark in doubt") if setup.rules.in_doubt else _fenced(setup, number, writer)
    return what, table, state.with_writer(number, after)


def _slot(setup: Setup, number: int, writer: Writer) -> int:
    """The lease that the writer tries to take, among those of all tables."""
    return setup.writers[number][writer.step] * setup.leases + writer.tries


def _set_lease(setup: Setup, state: State, number: int, writer: Writer) -> Call:
    table = setup.writers[number][writer.step]
    slot = _slot(setup, number, writer)
    after = _fenced(setup, number, writer._replace(leases=(*writer.leases, slot)))
    return "set lease", table, state._replace(leases=put(state.leases, slot, number + 1)).with_writer(number, after)


def _mark_in_doubt(setup: Setup, state: State, number: int, writer: Writer) -> Call:
    table = setup.writers[number][writer.step]
    after = _marked(setup, state, number, table).with_writer(number, _fenced(setup, number, writer))
    return "mark in doubt", table, after


def _mark_again(setup: Setup, state: State, number: int, writer: Writer) -> Call:
    table = writer.bare[0]
    return "mark again", table, _marked(setup, state, number, table).with_writer(number, _marked_again(writer))


def _marked(setup: Setup, state: State, number: int, table: int) -> State:
    in_doubt = state.in_doubt[table]
    if not setup.rules.in_doubt_by_life and number not in setup.longer:
        in_doubt &= ~setup.in_doubt[1]  # there is one key, and its longer life is now cut short
    return state._replace(in_doubt=put(state.in_doubt, table, in_doubt | 1 << number))


def _marked_again(writer: Writer) -> Writer:
    bare = writer.bare[1:]
    return writer._replace(bare=bare, at="mark again" if bare else "tidy up")


def _fenced(setup: Setup, number: int, writer: Writer) -> Writer:
    """One table more is done with: on to the next one's lease, or to what follows the last."""
    if writer.step + 1 < len(setup.writers[number]):
        return writer._replace(at="take lease", step=writer.step + 1, tries=0)
    return writer._replace(at="delete tokens" if setup.rules.fence_before_token else "send", step=0, tries=0)


def _set_busy(setup: Setup, state: State, number: int, writer: Writer) -> Call:
    own = setup.writers[number]
    in_doubt = tuple(in_doubt | (table in own) << number for table, in_doubt in enumerate(state.in_doubt))
    state = state._replace(tokens=_without(state.tokens, own), in_doubt=in_doubt)
    return "set BUSY", None, state.with_writer(number, writer._replace(at="send"))


def _delete_tokens(setup: Setup, state: State, number: int, writer: Writer) -> Call:
    own = setup.writers[number]
    if setup.at_once:
        state = state._replace(tokens=_without(state.tokens, own))
        return writer.at, None, state.with_writer(number, _dropped(setup, writer))
    table = own[writer.step]
    state = state._replace(tokens=_without(state.tokens, [table]))
    is_last = writer.step + 1 == len(own)
    after = _dropped(setup, writer) if is_last else writer._replace(step=writer.step + 1)
    return writer.at, table, state.with_writer(number, after)


def _dropped(setup: Setup, writer: Writer) -> Writer:
    is_fenced = setup.rules.fence_before_token or not setup.rules.fence
    return writer._replace(at="send" if is_fenced else "take lease", step=0)


def _tidy_up(setup: Setup, state: State, number: int, writer: Writer) -> Call:
    """Delete the tokens once more, and after them the leases that are certainly its own if the outcome is clear."""
    own, is_clear = setup.writers[number], writer.outcome != "unclear"
    leases = writer.leases if is_clear or not setup.rules.keep_when_unclear else ()
    after = ended(writer, writer.outcome)
    if not setup.rules.own_keys:  # BUSY stands in the tokens' keys, so whoever deletes them lifts it
        in_doubt = tuple(0 if table in own and is_clear else in_doubt for table, in_doubt in enumerate(state.in_doubt))
        return "tidy up", None, state._replace(in_doubt=in_doubt).with_writer(number, after)
    if setup.at_once:
        state = state._replace(tokens=_without(state.tokens, own), leases=_without(state.leases, leases))
        return "tidy up", None, state.with_writer(number, after)
    if writer.step < len(own):
        state = state._replace(tokens=_without(state.tokens, own[writer.step : writer.step + 1]))
        writer = writer._replace(step=writer.step + 1)
    else:
        state = state._replace(leases=_without(state.leases, leases[:1]))
        leases = leases[1:]
        writer = writer._replace(leases=leases)
    is_done = writer.step == len(own) and not leases
    return "tidy up one key", None, state.with_writer(number, after if is_done else writer)


def _without(values: tuple[int, ...], places: Collection[int]) -> tuple[int, ...]:
    return tuple(0 if place in places else value for place, value in enumerate(values))


def _without_effect(setup: Setup, state: State, number: int, writer: Writer) -> State:
    """The cache call raised and did nothing: a write goes on, with what fence it has, which then stays."""
    if writer.at in ("take lease", "set lease", "mark in doubt"):
        table = setup.writers[number][writer.step]
        after = _fenced(setup, number, writer._replace(bare=(*writer.bare, table)))
    elif writer.at == "mark again":
        after = _marked_again(writer)
    elif writer.at == "delete tokens" and len(writer.bare) < len(setup.writers[number]):
        after = writer._replace(at="delete tokens again", step=0)
    elif writer.at in ("delete tokens", "delete tokens again"):
        after = _dropped(setup, writer)
    elif writer.at == "set BUSY":
        after = writer._replace(at="send")
    else:
        after = ended(writer, writer.outcome)
    return state.failing().with_writer(number, after)


_CACHE_CALLS = {
    "take lease": _take_lease,
    "set lease": _set_lease,
    "mark in doubt": _mark_in_doubt,
    "set BUSY": _set_busy,
    "delete tokens": _delete_tokens,
    "delete tokens again": _delete_tokens,
    "mark again": _mark_again,
    "tidy up": _tidy_up,
}
