"""`orm.join`: two tables, filters on both, every row, and what a change of either side does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from django.core.exceptions import FieldError
from hypothesis import given, settings
from hypothesis import strategies as st

from django_appwrite_orm import Table, UniqueIndex, columns, orm
from django_appwrite_orm.exceptions import AppwriteORMError, NotSupportedError
from django_appwrite_orm.registry import registry
from tests.support.costs import counted
from tests.support.tables import prepare


class Author(Table):
    name = columns.String(required=True)
    code = columns.Integer()
    langs = columns.String(size=5, array=True)

    class Meta:
        name = "authors"
        indexes = [UniqueIndex("code")]


class Essay(Table):
    title = columns.String(required=True)
    author = columns.Reference("Author")
    writer_code = columns.Integer()
    note = columns.String()

    class Meta:
        name = "essays"


@pytest.fixture(autouse=True)
def essays() -> Iterator[None]:
    """Ada wrote two, Bob one, one has nobody and one somebody who is gone."""
    for table in (Author, Essay):
        registry.add(table)
    prepare(Author, Essay)
    Author.objects.bulk_create([Author(id="ada", name="Ada", code=1), Author(id="bob", name="Bob", code=2)])
    made = [("a", "ada", 1), ("b", "bob", 2), ("c", "ada", 1), ("d", None, None), ("e", "gone", 9)]
    Essay.objects.bulk_create(
        [Essay(id=title, title=title, author_id=author, writer_code=code) for title, author, code in made]
    )
    yield
    for table in (Author, Essay):
        registry.discard(table)


def pairs(rows: list[Table]) -> list[tuple[str, str | None]]:
    return [(row.title, row.authors and row.authors.name) for row in rows]


def test_left_and_inner_join_by_id() -> None:
    everything = [("a", "Ada"), ("b", "Bob"), ("c", "Ada"), ("d", None), ("e", None)]
    with counted() as costs:
        assert pairs(orm.join("essays", "authors", foreign_key="author_id")) == everything
    assert len(costs.requests) == 2
    with counted() as costs:
        assert pairs(orm.left_join("essays", "authors", foreign_key="author")) == everything
    assert costs.requests == []
    assert pairs(orm.inner_join("essays", "authors", foreign_key="author")) == everything[:3]


def test_a_value_that_the_other_column_cannot_hold_leads_to_nothing() -> None:
    for id, note in (("a", "2"), ("b", "Bob's"), ("c", "1")):
        Essay.objects.filter(pk=id).update(note=note)
    joined = orm.join("essays", "authors", foreign_key="note", reference_key="code")
    assert pairs(joined) == [("a", "Bob"), ("b", None), ("c", "Ada"), ("d", None), ("e", None)]
    Essay.objects.update(note="no number")
    with counted() as costs:
        assert orm.inner_join("essays", "authors", foreign_key="note", reference_key="code") == []
    assert len(costs.requests) == 1


def test_filters_on_both_sides() -> None:
    def join(**filters: object) -> list[tuple[str, str | None]]:
        return pairs(orm.join("essays", "authors", foreign_key="author", **filters))

    assert join(filters1={"title": ["a", "b"]}) == [("a", "Ada"), ("b", "Bob")]
    assert join(filters1={"title": ["a", "b"]}, filters2={"name": "Bob"}) == [("a", None), ("b", "Bob")]
    inner = orm.inner_join("essays", "authors", foreign_key="author", filters2={"name": "Bob"})
    assert pairs(inner) == [("b", "Bob")]
    assert join(filters1={"title": "nothing"}) == []
    with counted() as costs:
        assert join(filters1={"author_id": None}) == [("d", None)]
    assert len(costs.requests) == 1


def test_a_reference_key_that_is_not_unique_gives_lists() -> None:
    authors = orm.join("authors", "essays", foreign_key="id", reference_key="author_id", as_="written")
    assert {row.name: [one.title for one in row.written] for row in authors} == {"Ada": ["a", "c"], "Bob": ["b"]}
    Essay.objects.filter(author="bob").delete()
    authors = orm.join("authors", "essays", foreign_key="id", reference_key="author", as_="written")
    assert [[one.title for one in row.written] for row in authors] == [["a", "c"], []]
    inner = orm.inner_join("authors", "essays", foreign_key="id", reference_key="author", as_="written")
    assert [row.name for row in inner] == ["Ada"]


def test_a_unique_column_leads_to_one_row() -> None:
    rows = orm.inner_join("essays", "authors", foreign_key="writer_code", reference_key="code")
    assert pairs(rows) == [("a", "Ada"), ("b", "Bob"), ("c", "Ada")]


def test_ids_match_whatever_their_case() -> None:
    Essay.objects.filter(title="a").update(author_id="ADA")
    assert pairs(orm.join("essays", "authors", foreign_key="author"))[0] == ("a", "Ada")
    authors = orm.join("authors", "essays", foreign_key="id", reference_key="author_id", as_="written")
    assert [one.title for one in authors[0].written] == ["a", "c"]


def test_a_change_of_either_side_is_seen_at_once() -> None:
    def join() -> list[tuple[str, str | None]]:
        return pairs(orm.inner_join("essays", "authors", foreign_key="author"))

    before = join()
    with counted() as costs:
        assert join() == before
    assert costs.requests == []
    orm.table("authors").update("ada", {"name": "Eve"})
    with counted() as costs:
        assert join() == [("a", "Eve"), ("b", "Bob"), ("c", "Eve")]
    assert len(costs.requests) == 1  # the essays are still known
    orm.table("essays").update("b", {"author_id": "ada"})
    assert join() == [("a", "Eve"), ("b", "Eve"), ("c", "Eve")]
    orm.table("authors").delete("ada")
    assert join() == []


def test_joins_read_more_than_one_page() -> None:
    Author.objects.bulk_create([Author(id=f"n{n}", name=str(n)) for n in range(600)])
    Essay.objects.bulk_create([Essay(title=str(n), author_id=f"n{n}") for n in range(600)])
    with counted() as costs:
        rows = orm.inner_join("essays", "authors", foreign_key="author", filters1={"writer_code": None})
    assert len(rows) == 600
    assert all(row.title == row.authors.name for row in rows)
    assert len(costs.requests) == 5  # two pages of essays; their ids in two requests, the first of which is a full page


def test_asynchronous_joins() -> None:
    async def joined() -> list[list[tuple[str, str | None]]]:
        every = (orm.ajoin, orm.aleft_join, orm.ainner_join)
        return [pairs(await join("essays", "authors", foreign_key="author")) for join in every]

    assert [len(rows) for rows in asyncio.run(joined())] == [5, 5, 3]


def test_join_is_refused_inside_atomic_after_a_change_of_a_side() -> None:
    from django_appwrite_orm import atomic

    with atomic():
        Author.objects.create(name="Cyd")
        with pytest.raises(NotSupportedError, match=r"changed Author.*wrong lists and counts"):
            orm.join("essays", "authors", foreign_key="author")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"foreign_key": "autor_id"}, FieldError, "no column 'autor_id'. Did you mean: author_id"),
        ({"foreign_key": "author_id", "reference_key": "nam"}, FieldError, "no column 'nam'"),
        ({"foreign_key": "author_id", "reference_key": "langs"}, FieldError, "Author.langs holds several values"),
        ({"foreign_key": "author_id", "as_": "author"}, AppwriteORMError, r"the attribute Essay.author: .* as_="),
        ({"foreign_key": "author_id", "as_": "title"}, AppwriteORMError, "every row has an attribute"),
        ({"foreign_key": "author_id", "as_": "the author"}, AppwriteORMError, "not a Python identifier"),
        ({"foreign_key": "author_id", "filters1": {"nope": 1}}, FieldError, "no column 'nope'"),
        ({}, TypeError, "foreign_key"),
        ({"foreign_key": "author_id", "foreignKey": "x"}, TypeError, "foreignKey"),
    ],
)
def test_invalid_keys_are_refused_before_any_request(options: dict, error: type[Exception], message: str) -> None:
    with counted() as costs, pytest.raises(error, match=message):
        orm.join("essays", "authors", **options)
    assert costs.requests == []


def test_a_join_cannot_take_the_name_of_a_reverse_relation() -> None:
    with pytest.raises(AppwriteORMError, match="reverse relation"):
        orm.join("authors", "essays", foreign_key="id", reference_key="author", as_="essay_set")


CODES = st.one_of(st.none(), st.integers(0, 4))


@settings(max_examples=15)
@given(st.lists(CODES, max_size=6), st.lists(st.integers(0, 4), unique=True, max_size=5), st.booleans())
def test_join_equals_a_join_in_python(left: list[int | None], right: list[int], inner: bool) -> None:
    Essay.objects.all().delete()
    Author.objects.all().delete()
    Essay.objects.bulk_create([Essay(title=str(n), writer_code=code) for n, code in enumerate(left)])
    Author.objects.bulk_create([Author(name=f"author {code}", code=code) for code in right])
    join = orm.inner_join if inner else orm.join
    expected = [(str(n), f"author {code}" if code in right else None) for n, code in enumerate(left)]
    expected = [pair for pair in expected if pair[1] is not None or not inner]
    assert pairs(join("essays", "authors", foreign_key="writer_code", reference_key="code")) == expected
