"""What can be had of a queryset besides its rows one after the other."""

from __future__ import annotations

import datetime

import pytest
from appwrite.query import Query
from django.core.exceptions import FieldError, ValidationError
from django.db.models import F

from django_appwrite_orm import atomic
from django_appwrite_orm.exceptions import InvalidRequest, NotSupportedError
from tests.support.books import titles
from tests.support.costs import counted
from tests.support.library.tables import Book, Everything


@pytest.mark.usefixtures("shelf")
class TestColumns:
    def test_only_and_defer(self) -> None:
        book = Book.objects.only("title").get(pk="dune")
        assert (book.title, book.id, book.sequence) == ("Dune", "dune", 1)
        with pytest.raises(AttributeError, match=r"Book.price was not read"):
            book.price  # noqa: B018
        book = Book.objects.defer("price", "tags").order_by("-price").first()
        assert (book.title, book.pages) == ("Dune", 412)
        with pytest.raises(AttributeError, match=r"Book.tags was not read"):
            book.tags  # noqa: B018
        assert Book.objects.defer("price").defer().first().price == 9.5
        with pytest.raises(FieldError, match="no column 'prize'"):
            Book.objects.only("prize")
        # A row that was read in part still saves what was changed.
        book = Book.objects.only("title").first()
        book.price = 1
        book.save()
        assert Book.objects.get(pk=book.pk).price == 1

    def test_values(self) -> None:
        assert list(Book.objects.values("title", "pages")[:2]) == [
            {"title": "Dune", "pages": 412},
            {"title": "Emma", "pages": 474},
        ]
        assert list(Book.objects.values_list("id", "price").filter(price__lt=5)) == [("emma", 4.0), ("howl", 3.0)]
        assert list(Book.objects.order_by("-price").values_list("title", flat=True)) == [
            "Dune",
            "Ariel",
            "Emma",
            "Howl",
        ]
        named = Book.objects.values_list("title", "created_at", named=True).first()
        assert (named.title, type(named.created_at)) == ("Dune", datetime.datetime)
        assert set(Book.objects.values().get(pk="dune")) == {"id", *Book._meta.columns}
        assert Book.objects.values_list("title", flat=True).last() == "Ariel"
        for wrong, kwargs in (((), {"flat": True}), (("title",), {"flat": True, "named": True})):
            with pytest.raises(TypeError, match="flat"):
                Book.objects.values_list(*wrong, **kwargs)
        with pytest.raises(FieldError, match="no column 'prize'"):
            Book.objects.values("prize")


@pytest.mark.usefixtures("shelf")
class TestOneAndMany:
    def test_latest_and_earliest(self) -> None:
        assert Book.objects.latest("price").title == "Dune"
        assert Book.objects.filter(genre="poetry").earliest("price").title == "Howl"
        assert Book.objects.latest("genre", "-price").title == "Howl"
        with pytest.raises(Book.DoesNotExist):
            Book.objects.filter(price=99).latest("price")
        with pytest.raises(TypeError, match="at least one column"):
            Book.objects.latest()

    def test_in_bulk(self) -> None:
        with counted() as costs:
            found = Book.objects.in_bulk(["dune", "nobody", "emma", "a/b"])
        assert {key: book.title for key, book in found.items()} == {"dune": "Dune", "emma": "Emma"}
        assert len(costs.requests) == 1
        assert set(Book.objects.in_bulk()) == {"dune", "emma", "howl", "ariel"}
        assert set(Book.objects.in_bulk(["Howl"], field_name="title")) == {"Howl"}
        assert Book.objects.in_bulk([]) == {}
        with pytest.raises(ValueError, match="no UniqueIndex"):
            Book.objects.in_bulk([1.0], field_name="price")

    def test_combinations(self) -> None:
        cheap, poetry = Book.objects.filter(price__lt=5), Book.objects.filter(genre="poetry")
        assert titles(cheap | poetry) == ["Emma", "Howl", "Ariel"]
        assert titles(cheap & poetry) == ["Howl"]
        assert titles(cheap | Book.objects.none()) == titles(cheap)
        assert titles((cheap | poetry).order_by("-price")) == ["Ariel", "Emma", "Howl"]
        with pytest.raises(TypeError, match="slice"):
            poetry | cheap.all()[:1]
        with pytest.raises(TypeError, match="one table"):
            cheap | Everything.objects.all()
        for name in ("union", "intersection", "difference"):
            with pytest.raises(NotSupportedError, match=r"a \| b"):
                getattr(cheap, name)(poetry)

    def test_contains(self) -> None:
        dune = Book.objects.get(pk="dune")
        assert Book.objects.filter(genre="novel").contains(dune)
        assert not Book.objects.filter(genre="poetry").contains(dune)
        with pytest.raises(TypeError, match="saved Book"):
            Book.objects.contains(Book(title="x", price=1))

    def test_raw_queries(self) -> None:
        rows = Book.objects.filter(price__gt=3).raw_queries(
            Query.equal("genre", ["poetry", "novel"]), 'orderAsc("price")'
        )
        assert titles(rows) == ["Emma", "Ariel", "Dune"]
        assert titles(rows.raw_queries("limit(1)", "offset(1)")) == ["Ariel"]
        assert titles(rows.exclude(genre="novel")) == ["Ariel"]
        for wrong in ('limit("x")', "limit(-1)", "offset(1.5)", "limit()"):
            with pytest.raises(InvalidRequest, match="takes a whole number"):
                rows.raw_queries(wrong)

    def test_repr_shows_the_first_rows_or_the_query(self) -> None:
        assert repr(Book.objects.filter(price__gt=5)) == "<QuerySet [<Book: dune>, <Book: ariel>]>"
        assert repr(Book.objects.values_list("title", flat=True)[:2]) == "<QuerySet ['Dune', 'Emma']>"
        books = Book.objects.bulk_create([Book(title=f"b{n}", price=1) for n in range(20)])
        for rows in (Book.objects.filter(title__startswith="b"), Book.objects.filter(pk__in=books)):
            assert repr(rows) == f"<QuerySet {books!r}>"
        everything = Book.objects.all()
        with counted() as costs:
            shown = repr(everything)
        assert shown.endswith(f"{books[15]!r}, '...(remaining elements truncated)...']>")
        assert len(costs.requests) == 1
        assert len(list(everything)) == 24
        with counted() as costs:
            assert repr(everything) == shown
        assert costs.requests == costs.cache == []
        with atomic():
            Book.objects.create(title="new", price=1)
            assert repr(Book.objects.all()).startswith("<QuerySet of Book, not read (NotSupportedError): all")

    def test_near_names_of_lookups(self) -> None:
        with pytest.raises(FieldError, match=r"no lookup 'startwith'.*Did you mean: .*startswith"):
            Book.objects.filter(title__startwith="D")
        with pytest.raises(NotSupportedError, match="can compare a column with constants only"):
            Book.objects.filter(price__gt=F("pages"))

    def test_patterns_take_every_character_as_it_is(self) -> None:
        Book.objects.create(title="100%_a\\b", price=1)
        for part in ("%", "_", "\\", "%_", "a\\b"):
            assert titles(Book.objects.filter(title__contains=part)) == ["100%_a\\b"]
        assert titles(Book.objects.filter(title__endswith="\\b")) == ["100%_a\\b"]
        assert titles(Book.objects.filter(title__iexact="DUNE")) == ["Dune"]


def test_parts_of_dates(library: None, settings) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    moments = ["2023-12-31T22:59:59.999Z", "2023-12-31T23:00:00Z", "2024-05-31T21:59:59Z", "2024-05-31T22:00:00Z"]
    Everything.objects.bulk_create(
        [Everything(datetime=moment, integer=n) for n, moment in enumerate([*moments, None])]
    )

    def found(**lookup) -> list[int]:
        return list(Everything.objects.filter(**lookup).values_list("integer", flat=True))

    assert found(datetime__year=2024) == [1, 2, 3]
    assert found(datetime__year__lt=2024) == [0]
    assert found(datetime__year__gte="2024") == [1, 2, 3]
    assert found(datetime__year__in=[2023, 2025]) == [0]
    assert found(datetime__month=(2024, 5)) == [2]
    assert found(datetime__month__gt=(2024, 5)) == [3]
    assert found(datetime__month__range=((2023, 12), (2024, 1))) == [0, 1]
    assert found(datetime__date=datetime.date(2024, 1, 1)) == [1]
    assert found(datetime__date__lte="2024-05-31") == [0, 1, 2]
    assert found(datetime__year__lte=9999) == [0, 1, 2, 3]
    assert found(datetime__year__gt=9999) == []
    assert [e.integer for e in Everything.objects.exclude(datetime__year=2024)] == [0, 4]
    for lookup, value in (
        ("month", 5),
        ("date", "yesterday"),
        ("year", "x"),
        ("date__range", "2024"),
        ("year__in", 2024),
    ):
        with pytest.raises(ValidationError, match="datetime"):
            found(**{f"datetime__{lookup}": value})
    assert (found(datetime__year=999), found(datetime__year__gt=999)) == ([], [0, 1, 2, 3])
