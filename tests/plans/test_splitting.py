"""Filters at the limits of a request and beyond them."""

from __future__ import annotations

import pytest

from django_appwrite_orm.plans import (
    TEXT_LIMIT,
    Clause,
    Split,
    conjunction,
    disjunction,
    fits,
    size_in_url,
    split,
    surely_fit,
)
from django_appwrite_orm.plans.splitting import FILTERS_LIMIT, VALUES_LIMIT


def among(values) -> Clause:
    return Clause("equal", "a", tuple(values))


def one(n: int) -> Clause:
    return Clause("equal", f"c{n}", (n,))


def text_of(length: int) -> Clause:
    """A condition of so many characters."""
    around = len(str(among([""])))
    return among(["x" * (length - around)])


def leaves(clause: Clause) -> list[Clause]:
    """The conditions of which one must hold."""
    return [leaf for part in clause.values for leaf in leaves(part)] if clause.method == "or" else [clause]


def values_of(requests) -> list:
    """All the values that are asked for, in order."""
    every = [leaf for filters in requests for clause in filters for leaf in leaves(clause)]
    assert all(len(leaf.values) <= VALUES_LIMIT for leaf in every)
    return [value for leaf in every for value in leaf.values]


def test_filters_leave_queries_for_order_window_and_selection() -> None:
    assert (VALUES_LIMIT, TEXT_LIMIT) == (500, 4096)
    assert FILTERS_LIMIT < 100  # the order, the window and the selection are queries too


def test_filters_that_fit_are_not_split() -> None:
    assert split([]).requests == ((),)
    assert split([one(1), one(2)]).requests == ((one(1), one(2)),)
    assert split([one(1), one(2)]).by == ()


@pytest.mark.parametrize("item", ["\N{GRINNING FACE}", "é", "x", 1], ids=ascii)
@pytest.mark.parametrize("nested", [False, True])
def test_filters_that_surely_fit_are_not_split_and_others_are_measured(item: object, nested: bool) -> None:
    """The longest of them, in the least bytes of a URL."""

    def filters(count: int, values: int) -> tuple[Clause, ...]:
        clause = Clause("equal", "a", (item,) * values)
        return (Clause("or", values=(clause, one(1))) if nested else clause,) * count

    for count in (1, 20):
        values, room = next(n for n in range(500) if not filters(1, n + 1)[0].is_short), 200_000
        few = filters(count, values)
        assert surely_fit(few, room)
        assert split(few, room).requests == (few,)
        least = next(size for size in range(0, room, 100) if surely_fit(few, size))
        assert size_in_url(*few) <= least
        assert split(few, least).requests == (few,)
        assert not surely_fit(filters(count, values + 1), room)
    assert not surely_fit(filters(21, 1), room)


@pytest.mark.parametrize(("count", "conditions"), [(499, 1), (500, 1), (501, 2), (1000, 2)])
def test_a_condition_of_many_values_is_split_within_one_request(count: int, conditions: int) -> None:
    """Of few digits, so that all of them have room in one query, as alternatives."""
    values = list(range(count))
    (filters,) = split([among(values)]).requests
    (clause,) = filters
    assert fits(clause)
    assert (clause == among(values)) == (conditions == 1)
    assert len(leaves(clause)) == conditions
    assert values_of([filters]) == values


@pytest.mark.parametrize(("count", "requests"), [(440, 1), (460, 2), (900, 3)])
def test_a_long_list_of_values_becomes_several_requests(count: int, requests: int) -> None:
    """Of eight digits: nine characters each, so that 4,096 are reached before 500."""
    values = list(range(10**7, 10**7 + count))
    parts = split([among(values)])
    assert len(parts.requests) == requests
    assert all(fits(clause) for filters in parts.requests for clause in filters)
    assert values_of(parts.requests) == values


@pytest.mark.parametrize(("length", "whole"), [(4095, True), (4096, True), (4097, False)])
def test_a_value_of_too_many_characters_is_refused(length: int, whole: bool) -> None:
    assert len(str(text_of(length))) == length
    assert fits(text_of(length)) == whole
    if whole:
        assert split([text_of(length)]).requests == ((text_of(length),),)
    else:
        with pytest.raises(ValueError, match="more than 4096 characters"):
            split([text_of(length)])


def test_characters_of_other_scripts_count_as_one() -> None:
    assert fits(among(["é" * 4000]))
    assert fits(among(["😀" * 4000]))
    assert not fits(among(["é" * 4096]))


@pytest.mark.parametrize("count", [79, 80, 81, 100, 101, 1000])
def test_conditions_are_nested_in_one_request(count: int) -> None:
    conditions = [one(n) for n in range(count)]
    parts = split(conditions)
    assert len(parts.requests) == 1
    (filters,) = parts.requests
    assert len(filters) <= FILTERS_LIMIT
    assert all(map(fits, filters))
    flat = [part for clause in filters for part in (clause.values if clause.method == "and" else (clause,))]
    assert flat == conditions


def test_more_conditions_than_one_request_holds_are_refused() -> None:
    with pytest.raises(ValueError, match="more than 80 queries"):
        split([Clause("contains", f"c{n}", ("x" * 3000,)) for n in range(200)])


def test_a_large_disjunction_becomes_several_requests() -> None:
    either = disjunction(one(n) for n in range(1000))
    parts = split([either, one(5000)])
    assert len(parts.requests) > 1
    assert parts.by == (either,)
    found = []
    for first, second in parts.requests:
        assert {first, second} & {one(5000)}
        large = second if first == one(5000) else first
        assert fits(large)
        found += large.values
    assert found == list(either.values)


def test_two_long_lists_become_a_request_for_each_pair_of_parts() -> None:
    values = range(10**7, 10**7 + 600)
    a, b = among(values), Clause("equal", "b", tuple(values))
    parts = split([a, b])
    pairs = [(x, y) for first, second in parts.requests for x in values_of([[first]]) for y in values_of([[second]])]
    assert len(parts.requests) == 4
    assert len(pairs) == len(set(pairs)) == 600 * 600
    assert set(parts.by) == {a, b}


def test_a_large_conjunction_is_split_into_its_parts() -> None:
    every = Clause("containsAll", "tags", tuple(f"{n:04}" + "x" * 20 for n in range(300)))
    (filters,) = split([every]).requests
    assert len(filters) > 1
    assert [value for clause in filters for value in clause.values] == list(every.values)
    deep = disjunction([one(1), conjunction(one(n) for n in range(2, 400))])
    (filters,) = split([deep]).requests
    assert all(map(fits, filters))


def test_more_requests_than_the_limit_are_refused() -> None:
    with pytest.raises(ValueError, match="more than 1000 requests"):
        split([Clause("equal", key, tuple(range(10**7, 10**7 + 6000))) for key in "abc"])


def sizes(parts: Split) -> list[int]:
    return [size_in_url(*filters) for filters in parts.requests]


@pytest.mark.parametrize("room", [4_000, 8_000, 30_000])
@pytest.mark.parametrize("letter", ["x", "\u00e4", "\u6f22", "\U0001f600", '"', "%"])
def test_a_list_is_split_by_its_bytes_in_the_url(letter: str, room: int) -> None:
    """A character takes one byte there, or up to twelve."""
    values = [letter * 30 + str(n) for n in range(300)]
    parts = split([one(1), among(values), one(2)], room)
    assert max(sizes(parts)) <= room

    assert values_of([[filters[-1]] for filters in parts.requests]) == values
    assert all({one(1), one(2)} <= set(filters) for filters in parts.requests)
    assert parts.by == (among(values),)


def test_two_lists_share_the_bytes_of_the_url() -> None:
    first, second = among([f"{n:030}" for n in range(90)]), Clause("equal", "b", tuple(f"{n:030}" for n in range(90)))
    parts = split([first, second], 6_000)
    assert max(sizes(parts)) <= 6_000
    pairs = {(a, b) for x, y in parts.requests for leaf in leaves(x) for a in leaf.values for b in y.values}
    assert pairs == {(a, b) for a in first.values for b in second.values}


def test_small_alternatives_stay_whole_beside_a_long_list() -> None:
    small = [disjunction([one(n), one(n + 1)]) for n in range(10)]
    parts = split([*small, among(range(10**7, 10**7 + 400))], 6_000)
    assert len(parts.requests) < 10
    assert max(sizes(parts)) <= 6_000
    assert all(set(small) <= set(filters) for filters in parts.requests)


def test_alternatives_are_split_by_their_bytes_too() -> None:
    several = disjunction(Clause("startsWith", "a", ("\u6f22" * 20 + str(n),)) for n in range(40))
    parts = split([several], 4_000)
    assert max(sizes(parts)) <= 4_000
    assert [leaf for (clause,) in parts.requests for leaf in leaves(clause)] == list(several.values)


@pytest.mark.parametrize(
    "filters",
    [
        [Clause("notEqual", "a", (n,)) for n in range(1200)],
        [among(["\u6f22" * 1000])],
        [Clause("notEqual", "a", ("\u6f22" * 500,)), among(range(400))],
    ],
)
def test_a_conjunction_that_exceeds_the_url_is_refused(filters: list[Clause]) -> None:
    with pytest.raises(ValueError, match=r"more than the 4000 bytes that are left for them in a URL \(HEAD_LIMIT\)"):
        split(filters, 4_000)


def test_as_few_requests_as_possible() -> None:
    values = [f"{n:08}" for n in range(300)]
    whole = size_in_url(among(values))
    assert len(split([among(values)], whole).requests) == 1
    assert len(split([among(values)], whole - 1).requests) == 2
