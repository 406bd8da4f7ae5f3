"""What a reader does next. A reader that has its answer begins another read: the number of reads is not bounded."""

from __future__ import annotations

from tests.cache.model.state import NO_ENVELOPE, Envelope, Move, Moves, Reader, Setup, State, put

IDLE = Reader()
Call = tuple[str, int | None, State]  # what it does, to which table, and what there is then


def reader_moves(setup: Setup, state: State, number: int) -> Moves:
    """What it does, and with it what its process remembers afterwards."""
    before = state.readers[number]
    for move, after in _moves(setup, state, number):
        kept = before.kept
        if setup.memory and (what := _SOURCES.get(move.what)):
            kept = what(state, before, after.readers[number]) or kept
        suspects = after.readers[number].suspects if move.what in _PROVING else before.suspects
        yield move, after.with_reader(number, after.readers[number]._replace(kept=kept, suspects=suspects))


def _moves(setup: Setup, state: State, number: int) -> Moves:
    reader, who = state.readers[number], f"reader {number + 1}"
    if reader.at == "fetch":
        # One request for each table, one after the other: the least that a plan over several tables may do.
        shows = reader.shows | state.applied & setup.table_bits[reader.todo[0]]
        after = reader._replace(shows=shows, todo=reader.todo[1:])
        if not after.todo:
            after = Reader("store", reader.versions, shows=shows) if reader.versions else IDLE
        yield Move(who, "fetch", reader.todo[0]), state.with_reader(number, after)
        if setup.flights and reader.versions and len(reader.todo) == setup.tables:
            yield from _flight_moves(setup, state, number, who)
    elif setup.outages and setup.rules.proof and reader.at == "look" and not reader.proved:
        yield _prove(setup, state, number, who)
    elif state.refusing and reader.at in _CHANGES:
        yield (
            Move(who, f"{reader.at} fails"),
            state.with_reader(number, IDLE if reader.at == "store" else fetching(setup)),
        )
    elif reader.at in _CACHE_CALLS:
        what, table, after_call = _CACHE_CALLS[reader.at](setup, state, number)
        yield Move(who, what, table), after_call
        if state.left.failures and not reader.looked:
            after = IDLE if reader.at == "store" else fetching(setup)
            yield Move(who, f"{what} fails", table), state.failing().with_reader(number, after)


def fetching(setup: Setup, versions: tuple[int, ...] = (), must_show: int = 0) -> Reader:
    return Reader("fetch", versions, todo=tuple(range(setup.tables)), must_show=must_show if versions else 0)


def _prove(setup: Setup, state: State, number: int, who: str) -> tuple[Move, State]:
    """Delete what is not there, or, where a deletion was once refused, the tokens."""
    reader = state.readers[number]
    if state.refusing:
        return Move(who, _PROVING[1]), state.with_reader(number, fetching(setup)._replace(suspects=True))
    if reader.suspects and setup.rules.clearing:
        state = state._replace(tokens=(0,) * setup.tables)
    after = reader._replace(proved=True, suspects=False, must_show=state.applied)
    return Move(who, _PROVING[0]), state.with_reader(number, after)


def _flight_moves(setup: Setup, state: State, number: int, who: str) -> Moves:
    """Instead of fetching it waited for another reader: for one of its process, or for what one has stored."""
    reader = state.readers[number]
    landed = [(other.versions, other.shows) for other in state.readers if other.at == "store"]
    for what, (versions, shows) in [
        *(("take what another has fetched", answer) for answer in landed),
        *(("take what another has stored", answer) for answer in [state.envelope] if answer),
    ]:
        if versions == reader.versions or not setup.rules.flights_by_tokens:
            misled = reader.must_show & ~shows
            yield Move(who, what), state.with_reader(number, Reader("misled", must_show=misled) if misled else IDLE)


def _look(setup: Setup, state: State, number: int) -> Call:
    reader = state.readers[number]
    if reader.kept.tokens and reader.at == "look":
        return _look_at_versions(setup, state, number)
    if not setup.at_once:
        what, table, after = _look_at_one(setup, state, reader)
        return what, table, state.with_reader(number, after)
    if reader.at == "look again":
        after = _after_second_look(setup, state.tokens, state.is_fenced(setup), reader.must_show)
    elif reader.at == "look at fences":
        after = _after_second_look(setup, reader.versions, state.is_fenced(setup), reader.must_show)
    elif hit := state.hit():
        misled = reader.must_show & ~hit.shows
        after = Reader("misled", must_show=misled) if misled else IDLE
    else:
        after = _after_look(setup, state.tokens, state.applied if setup.flights else 0)
    return reader.at, None, state.with_reader(number, after)


def _look_at_versions(setup: Setup, state: State, number: int) -> Call:
    """With something remembered, only whether it is current. If it is not, others may have stored something newer,
    which is asked for next, together with the fences."""
    reader = state.readers[number]
    if state.remembers(reader):
        after = IDLE
    elif 0 in state.tokens:
        after = _after_look(setup, state.tokens, state.applied if setup.flights else 0)
    else:
        after = Reader("get envelope", state.tokens, must_show=state.applied)
    return "look at versions", None, state.with_reader(number, after)


def _get_envelope(setup: Setup, state: State, number: int) -> Call:
    reader, envelope = state.readers[number], state.envelope
    if envelope is None or envelope.tokens != reader.versions:
        must_show = reader.must_show if setup.flights else 0
        after = _after_second_look(setup, reader.versions, state.is_fenced(setup), must_show)
    else:
        misled = reader.must_show & ~envelope.shows
        after = Reader("misled", must_show=misled) if misled else IDLE
    return "get envelope", None, state.with_reader(number, after)


def _look_at_one(setup: Setup, state: State, reader: Reader) -> tuple[str, int | None, Reader]:
    """The order in which the keys are asked for: the envelope, then each table's token. After a miss the leases of each
    table and its marker; after a token was added, the tokens again before these."""
    if reader.at == "look" and not reader.looked:
        looked = (state.envelope or NO_ENVELOPE,)
        return "look at the envelope", None, reader._replace(looked=looked, must_show=state.applied)
    at, looked, fences = reader.at, reader.looked or (NO_ENVELOPE,), reader.fences
    of_each = setup.leases + 1  # the leases of a table, and its marker
    all_tokens = at == "look at fences" or len(looked) > setup.tables
    if not all_tokens and (at == "look" or setup.rules.token_before_fences or len(fences) == of_each * setup.tables):
        what, table = f"{at}, at the token", len(looked) - 1
        looked = (*looked, state.tokens[table])
    else:
        table, lease = divmod(len(fences), of_each)
        is_lease = lease < setup.leases
        what = f"{at}, at the {'lease' if is_lease else 'marker'}"
        fences = (*fences, bool(state.leases[table * setup.leases + lease] if is_lease else state.in_doubt[table]))
    all_tokens = at == "look at fences" or len(looked) > setup.tables
    if not all_tokens or (at != "look" and len(fences) < of_each * setup.tables):
        return what, table, reader._replace(looked=() if at == "look at fences" else looked, fences=fences)
    if at == "look":
        return what, table, _after_looking(setup, reader._replace(looked=looked))
    return what, table, _after_second_look(setup, looked[1:] or reader.versions, any(fences), reader.must_show)


def _after_looking(setup: Setup, reader: Reader) -> Reader:
    envelope, tokens = reader.looked[0], reader.looked[1:]
    if 0 in tokens or envelope.tokens != tokens:
        return _after_look(setup, tokens, reader.must_show if setup.flights else 0)
    misled = reader.must_show & ~envelope.shows
    return Reader("misled", must_show=misled) if misled else IDLE


def _after_look(setup: Setup, tokens: tuple[int, ...], must_show: int) -> Reader:
    """After a miss: a token is added where one is missing, else the fences are looked at."""
    missing = tuple(table for table, token in enumerate(tokens) if token == 0)
    if missing:
        return Reader("add", () if setup.rules.second_look else tokens, missing, must_show=must_show)
    if not setup.rules.fences_at_a_miss:
        return fetching(setup, tokens, must_show)
    return Reader("look at fences", tokens, must_show=must_show)


def _after_second_look(setup: Setup, tokens: tuple[int, ...], fenced: bool, must_show: int) -> Reader:
    return fetching(setup, () if fenced or 0 in tokens else tokens, must_show)


def _add(setup: Setup, state: State, number: int) -> Call:
    reader = state.readers[number]
    table = reader.todo[0]
    if state.tokens[table] or (state.in_doubt[table] and not setup.rules.own_keys):
        return "add token", table, state.with_reader(number, _added(setup, reader, 0))
    if not setup.atomic_add:
        return "find no token", table, state.with_reader(number, reader._replace(at="set token"))
    return "add token", table, _set_token(setup, state, number)[2]


def _set_token(setup: Setup, state: State, number: int) -> Call:
    reader = state.readers[number]
    table = reader.todo[0]
    revived = state.envelope.tokens[table] if state.envelope and not setup.rules.fresh_tokens else 0
    token = revived or state.new_token()
    state = state._replace(tokens=put(state.tokens, table, token))
    return "set token", table, state.with_reader(number, _added(setup, reader, token))


def _added(setup: Setup, reader: Reader, token: int) -> Reader:
    """One token more is there: its own, or somebody else's if it is 0."""
    table, rest = reader.todo[0], reader.todo[1:]
    if setup.rules.second_look:
        return (
            Reader("add", (), rest, must_show=reader.must_show)
            if rest
            else Reader("look again", must_show=reader.must_show)
        )
    # Without a second look it takes its own token at its word, and stores under nobody else's.
    versions = put(reader.versions, table, token)
    return Reader("add", versions, rest) if rest else fetching(setup, versions if 0 not in versions else ())


def _store(setup: Setup, state: State, number: int) -> Call:
    reader = state.readers[number]
    tokens = reader.versions if setup.rules.tokens_from_before else state.tokens
    return "store", None, state._replace(envelope=Envelope(tokens, reader.shows)).with_reader(number, IDLE)


_PROVING = ("prove that the cache takes changes", "find that it takes none")
_CHANGES = ("add", "set token", "store")
_CACHE_CALLS = {
    "look": _look,
    "look at fences": _look,
    "get envelope": _get_envelope,
    "add": _add,
    "set token": _set_token,
    "look again": _look,
    "store": _store,
}
# What a reader remembers after a move, from what there was before it and from itself afterwards.
_SOURCES = {
    "look": lambda state, before, after: state.hit() if after.at == "look" else None,
    "get envelope": lambda state, before, after: state.envelope if after.at in ("look", "misled") else None,
    "take what another has stored": lambda state, before, after: state.envelope,
    "store": lambda state, before, after: Envelope(before.versions, before.shows),
}
