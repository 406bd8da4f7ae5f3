"""What a reader does next. A reader that has its answer begins another read: the number of reads is not bounded."""

from __future__ import annotations

from .state import NO_ENVELOPE, Envelope, Move, Moves, Reader, Setup, State, put

IDLE = Reader()
Call = tuple[str, int | None, State]  # what it does, to which table, and what there is then


def reader_moves(setup: Setup, state: State, number: int) -> Moves:
    reader, who = state.readers[number], f"reader {number + 1}"
    if reader.at == "fetch":
        # One request for each table, one after the other: the least that a plan over several tables may do.
        shows = reader.shows | state.applied & setup.table_bits[reader.todo[0]]
        after = reader._replace(shows=shows, todo=reader.todo[1:])
        if not after.todo:
            after = Reader("store", reader.held, shows=shows) if reader.held else IDLE
        yield Move(who, "fetch", reader.todo[0]), state.with_reader(number, after)
    elif reader.at in _CACHE_CALLS:
        what, table, after_call = _CACHE_CALLS[reader.at](setup, state, number)
        yield Move(who, what, table), after_call
        if state.left.failures and not reader.looked:
            after = IDLE if reader.at == "store" else fetching(setup)
            yield Move(who, f"{what} fails", table), state.failing().with_reader(number, after)


def fetching(setup: Setup, held: tuple[int, ...] = ()) -> Reader:
    return Reader("fetch", held, todo=tuple(range(setup.tables)))


def _look(setup: Setup, state: State, number: int) -> Call:
    reader = state.readers[number]
    if not setup.at_once:
        what, table, after = _look_at_one(setup, state, reader)
        return what, table, state.with_reader(number, after)
    if reader.at == "look again":
        after = _after_second_look(setup, state.tokens, state.is_fenced())
    else:
        after = IDLE if state.hit() else _after_look(setup, state.tokens, state.is_fenced())
    return reader.at, None, state.with_reader(number, after)


def _look_at_one(setup: Setup, state: State, reader: Reader) -> tuple[str, int | None, Reader]:
    """The envelope first, then each table's token, lane and doubt: the order in which the keys are asked for."""
    if not reader.looked:
        if reader.at == "look":
            return (
                "look at the envelope",
                None,
                reader._replace(looked=(state.envelope or NO_ENVELOPE,), owed=state.applied),
            )
        reader = reader._replace(looked=(NO_ENVELOPE,))
    table, key = divmod(len(reader.looked) - 1, 3)
    seen = state.tokens[table] if key == 0 else bool((state.lanes, state.doubts)[key - 1][table])
    what = f"{reader.at}, at the {('token', 'lane', 'doubt')[key]}"
    looked = (*reader.looked, seen)
    if len(looked) < 1 + 3 * setup.tables:
        return what, table, reader._replace(looked=looked)
    envelope, tokens, fenced = looked[0], looked[1::3], any(looked[2::3]) or any(looked[3::3])
    if reader.at == "look again":
        return what, table, _after_second_look(setup, tokens, fenced)
    if fenced or 0 in tokens or envelope.tokens != tokens:
        return what, table, _after_look(setup, tokens, fenced)
    misled = reader.owed & ~envelope.shows
    return what, table, Reader("misled", owed=misled) if misled else IDLE


def _after_look(setup: Setup, tokens: tuple[int, ...], fenced: bool) -> Reader:
    missing = tuple(table for table, token in enumerate(tokens) if token == 0)
    if fenced or not missing:
        return fetching(setup, () if fenced else tokens)
    return Reader("add", () if setup.rules.second_look else tokens, missing)


def _after_second_look(setup: Setup, tokens: tuple[int, ...], fenced: bool) -> Reader:
    return fetching(setup, () if fenced or 0 in tokens else tokens)


def _add(setup: Setup, state: State, number: int) -> Call:
    reader = state.readers[number]
    table, rest = reader.todo[0], reader.todo[1:]
    held = reader.held
    is_free = state.tokens[table] == 0 and (setup.rules.own_keys or not state.doubts[table])
    if is_free:
        revived = state.envelope.tokens[table] if state.envelope and not setup.rules.fresh_tokens else 0
        token = revived or state.new_token()
        state = state._replace(tokens=put(state.tokens, table, token))
    if rest:
        after = Reader("add", held, rest)
    elif setup.rules.second_look:
        after = Reader("look again")
    else:
        after = fetching(setup)
    if not setup.rules.second_look:  # it takes its own token at its word, and stores under nobody else's
        held = put(held, table, state.tokens[table]) if is_free else held
        after = after._replace(held=held if rest or 0 not in held else ())
    return "add token", table, state.with_reader(number, after)


def _store(setup: Setup, state: State, number: int) -> Call:
    reader = state.readers[number]
    tokens = reader.held if setup.rules.tokens_from_before else state.tokens
    return "store", None, state._replace(envelope=Envelope(tokens, reader.shows)).with_reader(number, IDLE)


_CACHE_CALLS = {"look": _look, "add": _add, "look again": _look, "store": _store}
