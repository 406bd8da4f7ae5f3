"""States that differ in names alone are one state: tokens are renamed, equal readers and writers put in order."""

from __future__ import annotations

from itertools import pairwise

from tests.cache.model.state import Envelope, Reader, Setup, State


class Symmetry:
    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        alike: dict[object, list[int]] = {}
        for number, tables in enumerate(setup.writers):
            alike.setdefault((tables, number in setup.longer), []).append(number)
        self._alike = [numbers for numbers in alike.values() if len(numbers) > 1]

    def canonical(self, state: State) -> State:
        """The one that stands for all that are like `state`."""
        for numbers in self._alike:
            writers = [state.writers[number] for number in numbers]
            if all(one < next_one for one, next_one in pairwise(writers)):
                continue
            ordered = sorted(numbers, key=lambda number: self._look_of(state, number))
            if ordered != numbers:
                state = self._renumbered(state, dict(zip(ordered, numbers, strict=True)))
        return _with_new_tokens(state)

    def _look_of(self, state: State, number: int) -> tuple[object, ...]:
        """What tells this writer from others that are alike."""
        bits, lease = self._setup.bits[number], number + 1
        return (
            state.writers[number],
            bool(state.applied & bits),
            bool(state.envelope and state.envelope.shows & bits),
            tuple(owner == lease for owner in state.leases),
            tuple(in_doubt >> number & 1 for in_doubt in state.in_doubt),
        )

    def _renumbered(self, state: State, new: dict[int, int]) -> State:
        """The same state with writer n called new[n]."""
        width, count = self._setup.tables, len(state.writers)
        names = [new.get(number, number) for number in range(count)]

        def bits(mask: int, width: int = width) -> int:
            return sum((mask >> n * width & (1 << width) - 1) << names[n] * width for n in range(count)) if mask else 0

        def envelope(found: Envelope | None) -> Envelope | None:
            return found and Envelope(found.tokens, bits(found.shows))

        def reader(found: Reader) -> Reader:
            looked = found.looked and (envelope(found.looked[0]), *found.looked[1:])
            kept = Envelope(found.kept.tokens, bits(found.kept.shows))
            return found._replace(shows=bits(found.shows), kept=kept, looked=looked, must_show=bits(found.must_show))

        writers = list(state.writers)
        for number, name in enumerate(names):
            writers[name] = state.writers[number]
        return state._replace(
            leases=tuple(owner and names[owner - 1] + 1 for owner in state.leases),
            in_doubt=tuple(bits(in_doubt, 1) for in_doubt in state.in_doubt),
            envelope=envelope(state.envelope),
            applied=bits(state.applied),
            readers=tuple(map(reader, state.readers)),
            writers=tuple(writers),
        )


def _with_new_tokens(state: State) -> State:
    """Tokens by the order in which they are met; readers in the order of what they are."""
    names = {0: 0}

    def named(tokens: tuple[int, ...]) -> tuple[int, ...]:
        return tuple([names.setdefault(token, len(names)) for token in tokens])

    def reader(found: Reader) -> Reader:
        if not found.versions and not found.looked and not found.kept.tokens:
            return found
        looked = list(found.looked)
        if looked:
            looked[0] = Envelope(named(looked[0].tokens), looked[0].shows)
            looked[1:] = named(found.looked[1:])
        kept = Envelope(named(found.kept.tokens), found.kept.shows)
        return found._replace(versions=named(found.versions), kept=kept, looked=tuple(looked))

    tokens = named(state.tokens)
    kept = state.envelope and Envelope(named(state.envelope.tokens), state.envelope.shows)
    readers = sorted([reader(found) for found in sorted(state.readers)])
    return state._replace(tokens=tokens, envelope=kept, readers=tuple(readers))
