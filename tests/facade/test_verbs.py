"""The guide's door, verb by verb."""

from __future__ import annotations

import asyncio

import pytest
from appwrite.query import Query
from django.core.exceptions import ValidationError

from django_appwrite_orm import Index, Permission, Role, orm
from django_appwrite_orm.exceptions import ConfigurationError, InvalidRequest, NotFound, UniqueViolation
from tests.support.costs import counted
from tests.support.library.tables import Book


@pytest.fixture
def books(library: None):
    table = orm.table("books")
    table.bulk_create(
        [
            {"title": t, "price": p, "genre": g}
            for t, p, g in [("Dune", 9, "novel"), ("Emma", 4, "novel"), ("Howl", 3, "poetry"), ("Ariel", 6, "poetry")]
        ]
    )
    return table


def titles(rows) -> list[str]:
    return [row.title for row in rows]


def test_tables_are_found_by_name_and_label() -> None:
    assert orm.table("library.Book")._table is Book
    with pytest.raises(ConfigurationError, match=r"no table 'bookz'.*books"):
        orm.table("bookz")


def test_all_and_query(books) -> None:
    assert titles(books.all()) == ["Dune", "Emma", "Howl", "Ariel"]
    assert titles(books.all(limit=2, offset=1)) == ["Emma", "Howl"]
    assert titles(books.all(order_by=["-price"], offset=2)) == ["Emma", "Howl"]
    assert titles(books.query({"genre": "poetry"}, order_by=["price"])) == ["Howl", "Ariel"]
    assert titles(books.query({"title": ["Dune", "Emma"]}, limit=1)) == ["Dune"]
    assert titles(books.query({"pages": None})) == ["Dune", "Emma", "Howl", "Ariel"]
    picked = books.all(select=["title"])[0]
    assert (picked.title, picked.to_appwrite().get("price")) == ("Dune", None)


@pytest.mark.parametrize(
    ("queries", "expected"),
    [
        ([], ["Dune", "Emma", "Howl", "Ariel"]),
        (['equal("genre", "poetry")'], ["Howl", "Ariel"]),
        (['equal("title", ["Dune", "Emma"])', "limit(1)"], ["Dune"]),
        (['greaterThanEqual("price", 6)', 'orderDesc("price")'], ["Dune", "Ariel"]),
        (['orderAsc("price")', "offset(1)", "limit(2)"], ["Emma", "Ariel"]),
        (['isNull("pages")', 'select(["title"])'], ["Dune", "Emma", "Howl", "Ariel"]),
        ([Query.equal("genre", "novel"), Query.order_asc("price")], ["Emma", "Dune"]),
        ([Query.or_queries([Query.equal("price", 3), Query.starts_with("title", "du")])], ["Dune", "Howl"]),
    ],
)
def test_find_takes_all_three_forms(books, queries: list, expected: list[str]) -> None:
    assert titles(books.find(queries)) == expected
    first = books.find_one(queries)
    assert first is not None
    assert first.title == expected[0]


def test_find_from_a_cursor(books) -> None:
    emma = books.find_one(['equal("title", "Emma")'])
    assert titles(books.find([Query.cursor_after(emma.id)])) == ["Howl", "Ariel"]
    assert titles(books.find([f'cursorAfter("{emma.id}")', "limit(1)"])) == ["Howl"]


@pytest.mark.parametrize(
    "query", ["equal", "equal()", "equal(1)", "equal('a', 1)", '{"x": 1}', '{"method": 1}', "", "{", 5]
)
def test_find_shows_the_query_that_it_cannot_parse(books, query: object) -> None:
    with counted() as costs, pytest.raises(InvalidRequest, match="Cannot read the query"):
        books.find([query])
    assert costs.requests == []


def test_get_and_first_with_and_without_a_match(books) -> None:
    row = books.first({"title": "Emma"})
    assert books.get(row.id) == books.get_or_fail(row.id) == books.first_or_fail({"price": 4}) == row
    assert books.get("nobody") is None
    assert books.first({"title": "Nobody"}) is None
    for verb, argument in ((books.get_or_fail, "nobody"), (books.first_or_fail, {"title": "Nobody"})):
        with pytest.raises(Book.DoesNotExist):
            verb(argument)
    assert books.count() == 4
    assert books.count({"genre": "novel"}) == 2


@pytest.mark.parametrize("row_id", ["", None])
def test_an_empty_id_never_means_all(books, row_id: object) -> None:
    for call in (
        lambda: books.get(row_id),
        lambda: books.get_or_fail(row_id),
        lambda: books.update(row_id, {"price": 1}),
        lambda: books.delete(row_id),
        lambda: books.bulk_delete([row_id]),
        lambda: books.create({"title": "x", "price": 1}, id=""),
    ):
        with pytest.raises(ValueError, match="row id must be a string"):
            call()
    assert books.count() == 4


def test_create_update_and_delete(books) -> None:
    row = books.create({"title": "Cosmos", "price": 12}, id="cosmos")
    assert books.update("cosmos", {"price": 11}).price == 11
    assert books.get("cosmos").price == 11
    emma = books.first({"title": "Emma"})
    changed = books.bulk_update([{"id": row.id, "data": {"pages": 1}}, {"id": emma.id, "data": {"pages": 2}}])
    assert [r.pages for r in changed] == [1, 2]
    with counted() as costs:
        books.bulk_update([{"id": row.id, "data": {"pages": n}} for n, row in enumerate(books.all())])
    assert len(costs.requests) == 1 + 1 + 3  # all rows, those rows past the cache, one transaction
    with pytest.raises(Book.DoesNotExist, match="'nobody'"):
        books.bulk_update([{"id": row.id, "data": {"pages": 9}}, {"id": "nobody", "data": {"pages": 9}}])
    assert books.count({"pages": 9}) == 0
    assert books.bulk_update([]) == []
    assert books.bulk_update([{"id": "COSMOS", "data": {"pages": 5}}]) == [row]  # as update() finds it
    books.delete("cosmos")
    assert books.get("cosmos") is None
    for call in (lambda: books.delete("cosmos"), lambda: books.update("cosmos", {"price": 1})):
        with pytest.raises(Book.DoesNotExist):
            call()
    assert books.bulk_delete([emma.id, "nobody"]) == 1
    assert books.bulk_delete([]) == 0
    assert books.count() == 3
    with pytest.raises(TypeError, match="no column"):
        books.update(books.first().id, {"prize": 1})


def test_data_cannot_set_the_id_or_permissions(books) -> None:
    stranger = {"title": "x", "price": 1, "permissions": ['read("any")']}
    with counted() as costs:
        for data in (stranger, {"title": "x", "price": 1, "id": "mine"}, {"title": "x", "price": 1, "pk": "mine"}):
            for call in (
                lambda data=data: books.create(data),
                lambda data=data: books.bulk_create([{"title": "ok", "price": 1}, data]),
                lambda data=data: books.bulk_update([{"id": "dune", "data": data}]),
            ):
                with pytest.raises(TypeError, match=r"is not a column. Pass it as an argument"):
                    call()
        with pytest.raises(TypeError, match="no column 'prize'"):
            books.create({"title": "x", "prize": 1})
    assert costs.requests == []
    row = books.create({"title": "x", "price": 1}, id="x", permissions=[Permission.read(Role.user("ada"))])
    assert Book.objects.get(pk="x").permissions == row.permissions == ['read("user:ada")']


def test_bulk_verbs_report_errors_by_position(books) -> None:
    dune, emma, howl, _ = books.all()
    errors: dict[int, Exception] = {}
    with counted() as costs:
        written = books.bulk_update(
            [
                {"id": dune.id, "data": {"pages": 1}},
                {"id": "nobody", "data": {"pages": 1}},
                {"id": emma.id, "data": {"pages": -1}},
                {"id": howl.id, "data": {"title": "Dune"}},
                {"id": dune.id, "data": {"price": 2}},
                {"id": emma.id, "data": {"price": 2}},
            ],
            errors=errors,
        )
    assert written == [dune, dune]
    assert {n: type(error) for n, error in errors.items()} == {
        1: Book.DoesNotExist,
        2: ValidationError,
        3: UniqueViolation,
        5: ValidationError,
    }
    assert len(costs.requests) == 1 + 3 + 1 + 2 + 1  # the rows, both together, why not, each alone, why not
    stored = [(book.title, book.price, book.pages) for book in books.all()[:3]]
    assert stored == [("Dune", 2, 1), ("Emma", 4, None), ("Howl", 3, None)]
    errors.clear()
    assert titles(books.bulk_create([{"title": "Dune", "price": 1}, {"title": "x", "price": 1}], errors=errors)) == [
        "x"
    ]
    assert list(errors) == [0]


def test_a_kept_table_api_reads_again(books) -> None:
    assert len(books.all()) == len(books.find()) == books.count() == 4
    Book.objects.filter(title="Dune").delete()
    assert len(books.all()) == len(books.find()) == books.count() == 3
    assert books.first().title == "Emma"


def test_asynchronous_twins(library: None) -> None:
    async def life() -> None:
        books = orm.table("books")
        row = await books.acreate({"title": "Dune", "price": 9}, id="dune")
        assert (await books.aget("dune")) == row
        assert await books.aget("nobody") is None
        assert titles(await books.abulk_create([{"title": "Emma", "price": 4}])) == ["Emma"]
        assert titles(await books.aall()) == ["Dune", "Emma"]
        assert titles(await books.aquery({"price": 4})) == ["Emma"]
        assert titles(await books.afind(['equal("price", 9)'])) == ["Dune"]
        assert (await books.afind_one(['equal("price", 9)'])).id == "dune"
        assert (await books.afirst({"price": 4})).title == "Emma"
        assert (await books.afirst_or_fail()).title == "Dune"
        assert await books.acount() == 2
        assert (await books.aupdate("dune", {"price": 1})).price == 1
        assert [r.price for r in await books.abulk_update([{"id": "dune", "data": {"price": 2}}])] == [2]
        assert not await books.ais_updated()
        assert len(await books.arefresh()) == 2
        assert await books.ais_updated()
        await books.aset_updated(False)
        await books.acreate_index(Index("pages", key="by_pages"))
        assert "by_pages" in [index["key"] for index in await books.alist_indexes()]
        await books.adelete_index("by_pages")
        assert "by_pages" not in [index["key"] for index in await books.alist_indexes()]
        await books.adelete("dune")
        assert await books.abulk_delete([(await books.afirst()).id]) == 1
        assert await books.acount() == 0
        with pytest.raises(Book.DoesNotExist):
            await books.aget_or_fail("dune")

    asyncio.run(life())


def test_orm_has_asynchronous_twins(library: None) -> None:
    async def life() -> None:
        assert [book async for book in Book.objects.all()] == []
        assert await Book.objects.ais_updated()
        await orm.aclear_caches()
        assert not await Book.objects.ais_updated()
        await orm.adelete_table("books")
        with pytest.raises(NotFound):
            await Book.objects.uncached().acount()
        assert await orm.acreate_table("books") > 0
        assert await Book.objects.acount() == 0

    asyncio.run(life())


def test_a_batch_makes_rows_with_permissions(library: None) -> None:
    with orm.table("books").batch() as batch:
        row = batch.create({"title": "x", "price": 1}, permissions=[Permission.read(Role.user("ada"))])
        assert batch.create({"title": "y", "price": 1, "permissions": []}) is None
    assert Book.objects.get(pk=row.pk).permissions == ['read("user:ada")']
    assert [result.success for result in batch.results] == [True, False]
