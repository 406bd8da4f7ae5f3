"""Clauses: their text, for Appwrite and cache keys, and their combinations."""

from __future__ import annotations

import enum
import math
from typing import Any

import pytest
from appwrite.query import Query

from django_appwrite_orm.plans import EVERYTHING, NOTHING, Clause, conjunction, disjunction, negation
from django_appwrite_orm.plans.clauses import compact_json

A, B, C = (Clause("equal", key, (1,)) for key in "abc")


@pytest.mark.parametrize(
    ("clause", "text"),
    [
        (A, Query.equal("a", [1])),
        (Clause("equal", "a", ("x", 'é"\\\n', None, True, 1.5)), None),
        (Clause("isNull", "a"), Query.is_null("a")),
        (Clause("between", "a", (1, 2)), Query.between("a", 1, 2)),
        (Clause("orderDesc", "a"), Query.order_desc("a")),
        (Clause("orderRandom"), Query.order_random()),
        (Clause("limit", values=(5,)), Query.limit(5)),
        (Clause("select", values=("a", "b")), Query.select(["a", "b"])),
        (Clause("or", values=(A, Clause("and", values=(B, C)))), None),
        (Clause("distanceLessThan", "p", (((1.5, 2), 5, True),)), Query.distance_less_than("p", [1.5, 2], 5)),
    ],
    ids=lambda one: one.method if isinstance(one, Clause) else "",
)
def test_the_text_equals_the_sdks_and_parses_back(clause: Clause, text: str | None) -> None:
    assert text is None or str(clause) == text
    assert Clause.from_json(str(clause)) == clause
    assert hash(Clause.from_json(str(clause))) == hash(clause)


def test_an_empty_list_of_values_differs_from_none() -> None:
    assert str(Clause("isNull", "a")) == '{"method":"isNull","attribute":"a"}'
    assert str(Clause("equal", "a", ())) == '{"method":"equal","attribute":"a","values":[]}'
    assert str(Clause("equal", "a", ("é",))) == '{"method":"equal","attribute":"a","values":["é"]}'


@pytest.mark.parametrize("text", ["", "x", "5", "[]", "null", "{}", '{"method": 1}', '{"method":"equal","values":1}'])
def test_from_json_refuses_other_text(text: str) -> None:
    with pytest.raises(ValueError, match=r"Appwrite query|'values'|Expecting"):
        Clause.from_json(text)


def test_conjunction_and_disjunction_fold_constants_and_duplicates() -> None:
    assert conjunction([]) == EVERYTHING
    assert disjunction([]) == NOTHING
    assert conjunction([A]) == disjunction([A]) == conjunction([A, A, EVERYTHING]) == disjunction([NOTHING, A]) == A
    assert conjunction([A, NOTHING]) == NOTHING
    assert disjunction([A, EVERYTHING]) == EVERYTHING
    nested = conjunction([A, conjunction([B, C])])
    assert nested == Clause("and", values=(A, B, C))
    assert conjunction([A, disjunction([B, C])]) == Clause("and", values=(A, Clause("or", values=(B, C))))


def never(key: str) -> bool:
    return False


def always(key: str) -> bool:
    return True


def test_negation_is_pushed_inwards_and_keeps_nulls() -> None:
    assert negation(EVERYTHING, always) == NOTHING
    assert negation(NOTHING, always) == EVERYTHING
    assert negation(A, never) == Clause("notEqual", "a", (1,))
    assert negation(A, always) == Clause("or", values=(Clause("notEqual", "a", (1,)), Clause("isNull", "a")))
    assert negation(conjunction([A, B]), never) == disjunction([negation(A, never), negation(B, never)])
    assert negation(disjunction([A, B]), never) == conjunction([negation(A, never), negation(B, never)])
    assert negation(Clause("isNull", "a"), always) == Clause("isNotNull", "a")
    assert negation(Clause("equal", "a", (1, 2)), never) == Clause(
        "and", values=(Clause("notEqual", "a", (1,)), Clause("notEqual", "a", (2,)))
    )
    assert negation(Clause("containsAny", "a", (1, 2)), never) == conjunction(
        Clause("notContains", "a", (one,)) for one in (1, 2)
    )
    assert negation(Clause("containsAll", "a", (1, 2)), never) == disjunction(
        Clause("notContains", "a", (one,)) for one in (1, 2)
    )


@pytest.mark.parametrize("method", ["lessThan", "lessThanEqual", "between", "contains", "startsWith", "endsWith"])
def test_twice_negated_is_the_same_where_nothing_is_null(method: str) -> None:
    clause = Clause(method, "a", (1,))
    assert negation(negation(clause, never), never) == clause


def test_negation_of_a_method_without_opposite_is_refused() -> None:
    with pytest.raises(ValueError, match="no opposite of 'regex'"):
        negation(Clause("regex", "a", ("x",)), never)


class Level(enum.IntEnum):
    HIGH = 3


class Word(str):
    __slots__ = ()


SCALARS = ["a", 'q"\\\n\x1f', "ä\u2028", Word("w"), 0, -(2**70), Level.HIGH, True, None, 1.5, 1e300, math.inf]
OTHERS = [((1.0, 2.0), 0.5, False), ("a", ("b",)), Clause("equal", "k", ("v",))]


@pytest.mark.parametrize("value", [*SCALARS, *OTHERS])
def test_the_text_of_a_query_is_that_of_the_json_encoder(value: Any) -> None:
    for clause in (
        Clause("equal", 'k"ä', (value, value)),
        Clause("limit", values=(value,)),
        Clause("and", values=(Clause("equal", "k", (value,)), Clause("isNull", "k"))),
    ):
        assert str(clause) == compact_json(clause.as_dict())


def test_a_query_without_values_differs_from_one_with_none() -> None:
    assert [str(Clause("isNull", "k")), str(Clause("equal", "k", ()))] == [
        '{"method":"isNull","attribute":"k"}',
        '{"method":"equal","attribute":"k","values":[]}',
    ]
