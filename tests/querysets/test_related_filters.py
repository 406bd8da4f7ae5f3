"""Filters that lead across relationships: left to Appwrite where it can, by a second question where not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.db.models import Q
from hypothesis import given, settings
from hypothesis import strategies as st

from django_appwrite_orm.exceptions import NotSupportedError, PermissionDenied
from tests.support.costs import counted
from tests.support.novels import Mark, Novel, Publisher, Topic, Writer, names

pytestmark = pytest.mark.usefixtures("novels")


def test_filters_by_a_linked_row_or_its_id() -> None:
    ada = Writer.objects.get(pk="ada")
    assert names(Novel.objects.filter(writer=ada)) == names(Novel.objects.filter(writer_id="ada")) == ["a", "c"]
    assert names(Novel.objects.filter(writer=None)) == names(Novel.objects.filter(writer__isnull=True)) == ["d"]
    assert names(Novel.objects.exclude(writer=ada)) == ["b", "d"]
    assert names(Novel.objects.filter(topics="sea")) == names(Novel.objects.filter(topics__in=["sea"])) == ["a", "b"]
    assert names(Novel.objects.filter(topics=Topic.objects.get(pk="war"))) == ["a"]
    assert names(Novel.objects.filter(topics__isnull=True)) == ["c", "d"]
    assert names(Novel.objects.filter(topics__isnull=False)) == ["a", "b"]
    assert names(Novel.objects.exclude(topics="sea")) == ["c", "d"]
    assert names(Novel.objects.filter(topics=None)) == names(Novel.objects.filter(topics__exact=None)) == ["c", "d"]
    assert names(Novel.objects.exclude(topics=None)) == ["a", "b"]
    assert names(Writer.objects.filter(novels=None)) == []


@pytest.mark.parametrize("wrong", [Writer(name="new"), Topic(id="ada", name="new"), [Writer(id="ada"), Writer()]])
def test_unsaved_rows_and_rows_of_other_tables_are_refused(wrong: object) -> None:
    """One that was never saved is not None, which rows do lead to; nor is another table's the one of the same id."""
    lookups = ("writer__in",) if isinstance(wrong, list) else ("writer", "writer__exact", "topics__novels__writer")
    for lookup in lookups:
        with pytest.raises(ValueError, match="Expected a saved Writer or its id, not"):
            Novel.objects.filter(**{lookup: wrong})
    with pytest.raises(ValueError, match="Expected a saved Topic or its id, not"):
        Novel.objects.filter(topics=Topic(name="new"))


def test_filters_across_relationships_in_one_request() -> None:
    for across, found in (
        (Novel.objects.filter(writer__name="Ada"), ["a", "c"]),
        (Novel.objects.filter(topics__name="sea"), ["a", "b"]),
        (Novel.objects.filter(marks__name="red"), ["a"]),
        (Writer.objects.filter(novels__title="b"), ["Bob"]),
        (Topic.objects.filter(novels__title__startswith="a"), ["sea", "war"]),
        (Publisher.objects.filter(writers__name="Ada"), ["Ink"]),
    ):
        with counted() as costs:
            assert names(across) == found
        assert len(costs.requests) == 1
        assert (across.count(), across.exists()) == (len(found), True)


def test_filters_across_relationships_in_two_requests() -> None:
    for across, found in (
        (Novel.objects.exclude(writer__name="Ada"), ["b", "d"]),
        (Novel.objects.exclude(topics__name="sea"), ["c", "d"]),
        (Novel.objects.filter(Q(writer__name="Bob") | Q(topics__name="war")), ["a", "b"]),
        (Novel.objects.filter(writer__name="Ada", writer__born="here", topics__name="sea"), ["a"]),
        (Novel.objects.filter(topics__name="sea", topics__id="war"), []),
        (Novel.objects.filter(Q(topics__name="sea"), Q(title="a") & Q(topics__name="war")), []),
        (Novel.objects.filter(topics__name="sea").filter(topics__name="war"), ["a"]),
        (Novel.objects.filter(writer__publisher__name="Ink"), ["a", "c"]),
        (Novel.objects.filter(writer__publisher__isnull=True), ["b", "d"]),
        (Writer.objects.exclude(novels__title="b"), ["Ada"]),
        (Publisher.objects.filter(writers__novels__title="c"), ["Ink"]),
        (Mark.objects.filter(novel__title="a"), ["blue", "red"]),
        (Mark.objects.exclude(novel_set__title="a"), []),
    ):
        assert names(across) == found


def test_relationships_visible_from_one_side() -> None:
    with pytest.raises(FieldError, match=r"marks' is a one-way .* simple conditions on columns of Mark"):
        Novel.objects.filter(marks="m1")
    for excluded in (Q(marks__name="red"), Q(marks__name="red", title="a") | Q(title="b")):
        with pytest.raises(NotSupportedError, match=r"'marks'.*not negated.*two_way_key"):
            Novel.objects.exclude(excluded)
    either = Novel.objects.filter(Q(marks__name="red") | Q(title="b"))
    with pytest.raises(NotSupportedError, match=r"single condition that is not negated.*two_way_key"):
        list(either)


def test_unsupported_lookups_across_relationships_are_refused() -> None:
    for wrong in ({"topics__nam": 1}, {"topcs": 1}, {"writer_id__startswith": "a"}, {"topics__name__foo": 1}):
        with pytest.raises(FieldError):
            Novel.objects.filter(**wrong)
    with pytest.raises(ValidationError, match="True or False"):
        Novel.objects.filter(topics__isnull="yes")
    with pytest.raises(FieldError, match="cannot order by a relationship"):
        Novel.objects.order_by("writer_id")


def test_filters_across_relationships_as_a_guest() -> None:
    """What Appwrite follows itself, it follows whether or not the user may read what is at the other end."""
    guests = Novel.objects.as_guest()
    with counted() as costs:
        assert names(guests.filter(writer__name="Ada")) == ["a", "c"]
    assert len(costs.requests) == 2
    novel = guests.prefetch_related("topics").get(title="a")
    assert names(novel.topics.all()) == ["sea", "war"]
    assert names(novel.topics.filter(name="war")) == ["war"]
    assert novel.writer.name == "Ada"
    with pytest.raises(PermissionDenied):
        list(guests.filter(cover__name="green"))
    with pytest.raises(NotSupportedError, match="not for users"):
        list(guests.filter(marks__name="red"))


Rule = Callable[[Novel], bool]
WRITERS = {"a": "Ada", "b": "Bob", "c": "Ada", "d": None}
TOPICS = {"a": {"sea", "war"}, "b": {"sea"}, "c": set(), "d": set()}
BORN = {"Ada": "here", "Bob": "there", None: None}


def conditions() -> st.SearchStrategy[tuple[Q, Rule]]:
    """A condition, and whether a novel of the id meets it."""
    name, topic, title = (
        st.sampled_from(["Ada", "Bob", "Eve"]),
        st.sampled_from(["sea", "war", "zoo"]),
        st.sampled_from("abcd"),
    )
    simple = st.one_of(
        name.map(lambda one: (Q(writer__name=one), lambda id: WRITERS[id] == one)),
        name.map(lambda one: (Q(writer=one.lower()), lambda id: WRITERS[id] == one)),
        topic.map(lambda one: (Q(topics__name=one), lambda id: one in TOPICS[id])),
        topic.map(lambda one: (Q(topics=one), lambda id: one in TOPICS[id])),
        st.lists(topic, max_size=2).map(lambda some: (Q(topics__name__in=some), lambda id: bool(TOPICS[id] & {*some}))),
        st.booleans().map(lambda none: (Q(topics__isnull=none), lambda id: (not TOPICS[id]) == none)),
        st.booleans().map(lambda none: (Q(writer__isnull=none), lambda id: (WRITERS[id] is None) == none)),
        st.just((Q(writer__publisher__name="Ink"), lambda id: WRITERS[id] == "Ada")),
        st.just((Q(writer__name="Bob", writer__born="there"), lambda id: WRITERS[id] == "Bob")),
        title.map(
            lambda one: (
                Q(writer__novels__title=one),
                lambda id: WRITERS[id] is not None and WRITERS[id] == WRITERS[one],
            )
        ),
        title.map(lambda one: (Q(title=one), lambda id: id == one)),
    )

    def joined(pair: tuple[tuple[Q, Rule], tuple[Q, Rule]], both: bool) -> tuple[Q, Rule]:
        (left, meets_left), (right, meets_right) = pair
        if both:
            # Not left & right, which says both of one and the same topic.
            return ~(~left | ~right), lambda id: meets_left(id) and meets_right(id)
        return left | right, lambda id: meets_left(id) or meets_right(id)

    return st.recursive(
        simple,
        lambda inner: st.one_of(
            inner.map(lambda one: (~one[0], lambda id: not one[1](id))),
            st.tuples(inner, inner).map(lambda pair: joined(pair, both=True)),
            st.tuples(inner, inner).map(lambda pair: joined(pair, both=False)),
        ),
        max_leaves=4,
    )


@settings(max_examples=80)
@given(conditions())
def test_filters_across_relationships_agree_with_python(condition: tuple[Q, Rule]) -> None:
    question, meets = condition
    rows = Novel.objects.filter(question)
    expected = [id for id in "abcd" if meets(id)]
    assert [row.id for row in rows] == expected
    assert (rows.all().count(), rows.all().exists()) == (len(expected), bool(expected))
