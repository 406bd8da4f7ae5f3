"""What a writer does next: lanes and doubts, tokens, the request, and the tidying up that its outcome asks for."""

from __future__ import annotations

from collections.abc import Collection

from tests.cache.model.state import Move, Moves, Setup, State, Writer, put

Call = tuple[str, int | None, State]  # what it does, to which table, and what there is then
# What a writer makes of where its request is: an answer to its call, or nothing yet.
HEARD = {"applied": "succeeded", "failed": "unclear", "refused": "refused"}


def writer_moves(setup: Setup, state: State, number: int) -> Moves:
    writer, who = state.writers[number], f"writer {number + 1}"
    if writer.has_ended:
        if writer.owes and not state.refusing:
            paid = state._replace(tokens=_without(state.tokens, setup.writers[number]))
            yield Move(who, "delete the tokens that it owes"), paid.with_writer(number, writer._replace(owes=False))
        return
    if writer.at == "start":
        writer = writer._replace(at=_first(setup))
    elif writer.at == "end":
        writer = _at_the_end(setup, writer)
    if writer.at in _CACHE_CALLS and state.refusing:
        after = _without_effect(setup, state, number, writer)._replace(left=state.left)
        owes = after.writers[number].has_ended
        yield Move(who, f"{writer.at} fails"), after.with_writer(number, after.writers[number]._replace(owes=owes))
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
    return "take lane" if setup.rules.fence and setup.rules.fence_before_token else "delete tokens"


def _ending(state: State, number: int, writer: Writer, outcome: str) -> State:
    bare = writer.bare if outcome == "unclear" else ()
    return state.with_writer(number, writer._replace(at="end", bare=bare, outcome=outcome, step=0))


def _at_the_end(setup: Setup, writer: Writer) -> Writer:
    if writer.outcome == "unclear" and writer.bare and setup.rules.doubt_when_unclear:
        return writer._replace(at="doubt again")
    return writer._replace(at="tidy up", bare=())


def _take_lane(setup: Setup, state: State, number: int, writer: Writer) -> Call:
    table = setup.writers[number][writer.step]
    if state.lanes[table] == 0:
        if not setup.atomic_add:
            return "find no lane", table, state.with_writer(number, writer._replace(at="set lane"))
        return "take lane", table, _set_lane(setup, state, number, writer)[2]
    after = writer._replace(at="leave doubt") if setup.rules.doubt else _fenced(setup, number, writer)
    return "take lane", table, state.with_writer(number, after)


def _set_lane(setup: Setup, state: State, number: int, writer: Writer) -> Call:
    table = setup.writers[number][writer.step]
    after = _fenced(setup, number, writer._replace(lanes=(*writer.lanes, table)))
    return "set lane", table, state._replace(lanes=put(state.lanes, table, number + 1)).with_writer(number, after)


def _leave_doubt(setup: Setup, state: State, number: int, writer: Writer) -> Call:
    table = setup.writers[number][writer.step]
    after = _doubted(setup, state, number, table).with_writer(number, _fenced(setup, number, writer))
    return "leave doubt", table, after


def _doubt_again(setup: Setup, state: State, number: int, writer: Writer) -> Call:
    table = writer.bare[0]
    return "doubt again", table, _doubted(setup, state, number, table).with_writer(number, _doubted_again(writer))


def _doubted(setup: Setup, state: State, number: int, table: int) -> State:
    doubts = state.doubts[table]
    if not setup.rules.doubts_by_life and number not in setup.longer:
        doubts &= ~setup.doubts[1]  # there is one key, and its longer life is now cut short
    return state._replace(doubts=put(state.doubts, table, doubts | 1 << number))


def _doubted_again(writer: Writer) -> Writer:
    bare = writer.bare[1:]
    return writer._replace(bare=bare, at="doubt again" if bare else "tidy up")


def _fenced(setup: Setup, number: int, writer: Writer) -> Writer:
    """One table more is done with: on to the next one's lane, or to what follows the last."""
    if writer.step + 1 < len(setup.writers[number]):
        return writer._replace(at="take lane", step=writer.step + 1)
    return writer._replace(at="delete tokens" if setup.rules.fence_before_token else "send", step=0)


def _set_busy(setup: Setup, state: State, number: int, writer: Writer) -> Call:
    own = setup.writers[number]
    doubts = tuple(doubt | (table in own) << number for table, doubt in enumerate(state.doubts))
    state = state._replace(tokens=_without(state.tokens, own), doubts=doubts)
    return "set BUSY", None, state.with_writer(number, writer._replace(at="send"))


def _delete_tokens(setup: Setup, state: State, number: int, writer: Writer) -> Call:
    own = setup.writers[number]
    if setup.at_once:
        state = state._replace(tokens=_without(state.tokens, own))
        return "delete tokens", None, state.with_writer(number, _dropped(setup, writer))
    table = own[writer.step]
    state = state._replace(tokens=_without(state.tokens, [table]))
    is_last = writer.step + 1 == len(own)
    after = _dropped(setup, writer) if is_last else writer._replace(step=writer.step + 1)
    return "delete tokens", table, state.with_writer(number, after)


def _dropped(setup: Setup, writer: Writer) -> Writer:
    is_fenced = setup.rules.fence_before_token or not setup.rules.fence
    return writer._replace(at="send" if is_fenced else "take lane", step=0)


def _tidy_up(setup: Setup, state: State, number: int, writer: Writer) -> Call:
    """Delete the tokens once more, and after them the lanes that are certainly its own if the outcome is clear."""
    own, is_clear = setup.writers[number], writer.outcome != "unclear"
    lanes = writer.lanes if is_clear or not setup.rules.keep_when_unclear else ()
    after = ended(writer, writer.outcome)
    if not setup.rules.own_keys:  # BUSY stands in the tokens' keys, so whoever deletes them lifts it
        doubts = tuple(0 if table in own and is_clear else doubt for table, doubt in enumerate(state.doubts))
        return "tidy up", None, state._replace(doubts=doubts).with_writer(number, after)
    if setup.at_once:
        state = state._replace(tokens=_without(state.tokens, own), lanes=_without(state.lanes, lanes))
        return "tidy up", None, state.with_writer(number, after)
    if writer.step < len(own):
        state = state._replace(tokens=_without(state.tokens, own[writer.step : writer.step + 1]))
        writer = writer._replace(step=writer.step + 1)
    else:
        state = state._replace(lanes=_without(state.lanes, lanes[:1]))
        lanes = lanes[1:]
        writer = writer._replace(lanes=lanes)
    is_done = writer.step == len(own) and not lanes
    return "tidy up one key", None, state.with_writer(number, after if is_done else writer)


def _without(values: tuple[int, ...], tables: Collection[int]) -> tuple[int, ...]:
    return tuple(0 if table in tables else value for table, value in enumerate(values))


def _without_effect(setup: Setup, state: State, number: int, writer: Writer) -> State:
    """The cache call raised and did nothing: a write goes on, with what fence it has, which then stays."""
    if writer.at in ("take lane", "set lane", "leave doubt"):
        table = setup.writers[number][writer.step]
        after = _fenced(setup, number, writer._replace(bare=(*writer.bare, table)))
    elif writer.at == "doubt again":
        after = _doubted_again(writer)
    elif writer.at == "delete tokens":
        after = _dropped(setup, writer)
    elif writer.at == "set BUSY":
        after = writer._replace(at="send")
    else:
        after = ended(writer, writer.outcome)
    return state.failing().with_writer(number, after)


_CACHE_CALLS = {
    "take lane": _take_lane,
    "set lane": _set_lane,
    "leave doubt": _leave_doubt,
    "set BUSY": _set_busy,
    "delete tokens": _delete_tokens,
    "doubt again": _doubt_again,
    "tidy up": _tidy_up,
}
