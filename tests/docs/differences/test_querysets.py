"""Differences between the querysets of a `Table` and those of a model."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, Sum
from django.db.models.functions import Lower

from django_appwrite_orm import Query
from django_appwrite_orm.exceptions import Conflict, NotSupportedError
from tests.support.books import titles
from tests.support.library.tables import Book
from tests.support.toys import Maker, Toy, names

from .shelves import Lender, Loan, Shelf

books = pytest.mark.usefixtures("books")
toys = pytest.mark.usefixtures("toys")
shelves = pytest.mark.usefixtures("shelves")


@books
def test_union() -> None:
    cheap, old = Book.objects.filter(price__lt=4), Book.objects.filter(title="Dune")
    for method in ("union", "intersection", "difference"):
        with pytest.raises(NotSupportedError, match=r"use a \| b, a & b or exclude"):
            getattr(cheap, method)(old)
    assert titles((cheap | old).order_by("title")) == ["Dune", "Howl"]
    assert titles(cheap & old) == []


@books
def test_dates() -> None:
    for method in ("dates", "datetimes"):
        with pytest.raises(NotSupportedError, match="Extract the parts in Python"):
            getattr(Book.objects, method)("added", "year")
    assert len({moment.year for moment in Book.objects.values_list("added", flat=True)}) == 1


@books
def test_sql() -> None:
    for method in ("raw", "extra"):
        with pytest.raises(NotSupportedError, match=r"raw_queries\(\)"):
            getattr(Book.objects, method)("SELECT 1")
    assert titles(Book.objects.raw_queries(Query.equal("title", ["Dune"]))) == ["Dune"]


@books
def test_explain(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(NotSupportedError, match=r"logger 'django_appwrite_orm\.transport'"):
        Book.objects.explain()
    caplog.set_level("DEBUG", "django_appwrite_orm.transport")
    list(Book.objects.filter(price__lt=4))
    assert "rows" in caplog.text


@books
def test_select_for_update() -> None:
    with pytest.raises(NotSupportedError, match="if_unchanged=True"):
        Book.objects.select_for_update()
    first, second = Book.objects.get(pk="dune"), Book.objects.uncached().get(pk="dune")
    first.price = 1
    first.save()
    second.price = 2
    with pytest.raises(Conflict, match="changed"):
        second.save(if_unchanged=True)


@toys
def test_order_across_a_reference() -> None:
    with pytest.raises(FieldError):
        Toy.objects.order_by("maker__name")
    rows = sorted(Toy.objects.select_related("maker"), key=lambda toy: (toy.maker.name, toy.name))
    assert names(rows) == ["ball", "top", "kite", "yoyo"]


@toys
def test_values_across_a_reference() -> None:
    with pytest.raises(FieldError):
        Toy.objects.values_list("name", "maker__name")
    found = [(toy.name, toy.maker.name) for toy in Toy.objects.select_related("maker").order_by("name")]
    assert found[:2] == [("ball", "Ada"), ("kite", "Bob")]


@toys
def test_counts_of_related_rows() -> None:
    with pytest.raises(NotSupportedError, match="Aggregate Toy instead"):
        list(Maker.objects.annotate(n=Count("toy")))
    assert {group["maker"]: group["n"] for group in Toy.objects.values("maker").annotate(n=Count("*"))} == {
        "ada": 2,
        "bob": 2,
    }


@toys
def test_correlated_subqueries() -> None:
    with pytest.raises(NotSupportedError):
        Maker.objects.filter(Exists(Toy.objects.filter(maker=OuterRef("pk"))))
    with pytest.raises(NotSupportedError, match="OuterRef"):
        Toy.objects.filter(maker=OuterRef("pk"))
    assert names(Maker.objects.filter(pk__in=Toy.objects.filter(name="ball").values("maker_id"))) == ["Ada"]


@books
def test_comparing_columns() -> None:
    with pytest.raises(NotSupportedError, match="constants only"):
        Book.objects.filter(pages__gt=F("price"))
    assert len([book for book in Book.objects.filter(pages__isnull=False) if book.pages > book.price]) == 5


@books
def test_computed_values() -> None:
    with pytest.raises(NotSupportedError, match="compute in Python"):
        Book.objects.alias(lower=Lower("title"))
    with pytest.raises(TypeError, match="expected one of Avg"):
        list(Book.objects.annotate(lower=Lower("title")))
    assert [book.title.lower() for book in Book.objects.filter(price=9.5)] == ["dune"]


@books
def test_exclusive_or() -> None:
    with pytest.raises(NotSupportedError, match="Use & and"):
        Book.objects.filter(Q(genre="novel") ^ Q(price__lt=5))
    first, second = Q(genre="novel"), Q(price__lt=5)
    assert titles(Book.objects.filter((first | second) & ~(first & second)).order_by("title")) == ["Dune", "Howl"]


@books
def test_distinct_on() -> None:
    with pytest.raises(NotSupportedError):
        Book.objects.distinct("genre")
    first = {book.genre: book.title for book in Book.objects.order_by("-title") if book.genre}
    assert first == {"novel": "Dune", "science": "Cosmos", "poetry": "Ariel"}
    assert len(Book.objects.values("genre").distinct()) == 4


@books
def test_case() -> None:
    assert titles(Book.objects.filter(title="dune")) == ["Dune"]
    assert [book for book in Book.objects.filter(title="dune") if book.title == "dune"] == []


@books
def test_regular_expressions() -> None:
    with pytest.raises(FieldError, match="has no lookup 'regex'"):
        Book.objects.filter(title__regex="^D")
    assert titles(Book.objects.filter(title__startswith="D")) == ["Dune"]


@books
def test_parts_of_dates() -> None:
    year = Book.objects.get(pk="dune").added.year
    with pytest.raises(ValidationError, match="a year and a month"):
        Book.objects.filter(added__month=5)
    with pytest.raises(FieldError):
        Book.objects.filter(added__week_day=1)
    assert Book.objects.filter(added__year=year).count() == 6
    assert Book.objects.filter(added__month=(year, 1)).count() in (0, 6)


@books
def test_columns_that_were_not_read() -> None:
    book = Book.objects.only("title").get(pk="dune")
    with pytest.raises(AttributeError):
        book.price  # noqa: B018 - reading it is the test
    book.refresh_from_db()
    assert book.price == 9.5


@books
def test_random_order() -> None:
    with pytest.raises(NotSupportedError):
        list(Book.objects.order_by("?"))
    assert len(Book.objects.order_by("?")[:2]) == 2


@books
def test_arrays() -> None:
    with pytest.raises(FieldError):
        Book.objects.filter(tags=["love"])
    found = [book for book in Book.objects.filter(tags__contains_all=["love"]) if book.tags == ["love"]]
    assert titles(sorted(found, key=lambda book: book.title)) == ["Ariel", "Emma"]


@books
def test_conditions_on_groups() -> None:
    groups = Book.objects.values("genre").annotate(n=Count("*"))
    with pytest.raises(NotSupportedError, match="Filter groups in Python"):
        list(groups.filter(n__gt=1))
    assert {group["genre"] for group in groups if group["n"] > 1} == {"novel", "poetry"}


@books
def test_aggregates_of_expressions() -> None:
    with pytest.raises(NotSupportedError, match="expected the name of a column"):
        Book.objects.aggregate(total=Sum(F("price") * 2))
    assert Book.objects.aggregate(total=Sum("price"))["total"] * 2 == 85
    assert sum(book.price * 2 for book in Book.objects.all()) == 85


@books
def test_text_in_groups() -> None:
    from django.db.models import Min

    with pytest.raises(NotSupportedError):
        list(Book.objects.values("genre").annotate(first=Min("title")))
    assert Book.objects.aggregate(first=Min("title"))["first"] == "Ariel"
    firsts: dict[Any, str] = {}
    for genre, title in Book.objects.values_list("genre", "title"):
        firsts[genre] = min(title, firsts.get(genre, title))
    assert firsts["novel"] == "Dune"


@shelves
def test_json() -> None:
    with pytest.raises(FieldError):
        Shelf.objects.filter(data__colour="red")
    assert Shelf.objects.filter(data__isnull=False).count() == 1
    Shelf.objects.create(name="B", colour="blue", data={"colour": "blue"})
    assert names(Shelf.objects.filter(colour="blue")) == ["B"]


@shelves
def test_encrypted_text() -> None:
    with pytest.raises(NotSupportedError, match="store a digest in a second column"):
        Shelf.objects.filter(secret="1234")
    Shelf.objects.create(name="B", secret="99", digest="d99")
    assert Shelf.objects.get(digest="d99").secret == "99"


@shelves
def test_missing_places() -> None:
    with pytest.raises(NotSupportedError):
        list(Shelf.objects.filter(place__isnull=True))
    Shelf.objects.create(name="B")
    there = set(Shelf.objects.filter(place__isnull=False).values_list("pk", flat=True))
    assert names([row for row in Shelf.objects.all() if row.pk not in there]) == ["B"]


@shelves
def test_related_sets() -> None:
    ada = Lender.objects.get(pk="ada")
    loan = Loan.objects.create(note="two")
    for method in ("add", "remove", "set", "clear"):
        with pytest.raises(NotSupportedError, match="Change the link on the row that holds it"):
            getattr(ada.loans, method)(loan)
    loan.lender = ada
    loan.save()
    assert ada.loans.count() == 2


@toys
def test_large_subqueries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_appwrite_orm.querysets.resolver.FOLLOWED_LIMIT", 3)
    with pytest.raises(NotSupportedError):
        list(Maker.objects.filter(pk__in=Toy.objects.values("maker_id")))
    found = Counter(Toy.objects.values_list("maker_id", flat=True))
    assert len(Maker.objects.filter(pk__in=list(found))) == 2


@toys
def test_prefetch_objects() -> None:
    with pytest.raises(NotSupportedError, match="takes the names of relations"):
        Maker.objects.prefetch_related(Prefetch("toy_set", queryset=Toy.objects.filter(name="ball")))
    chosen: dict[str, list[str]] = {}
    for toy in Toy.objects.filter(maker__in=Maker.objects.all(), name="ball"):
        chosen.setdefault(toy.maker_id, []).append(toy.name)
    assert chosen == {"ada": ["ball"]}
    assert [names(maker.toy_set.all()) for maker in Maker.objects.prefetch_related("toy_set").filter(pk="ada")] == [
        ["ball", "top"]
    ]


@books
def test_order_of_nulls() -> None:
    with pytest.raises(FieldError, match="takes names"):
        Book.objects.order_by(F("pages").asc(nulls_last=True))
    rows = [*Book.objects.filter(pages__isnull=False).order_by("pages"), *Book.objects.filter(pages__isnull=True)]
    assert titles(rows)[-1] == "Howl"
    assert titles(Book.objects.order_by("pages"))[0] == "Howl"


@books
def test_steps_of_slices() -> None:
    with pytest.raises(ValueError, match="step"):
        Book.objects.order_by("title")[::2]
    assert titles(list(Book.objects.order_by("title"))[::2]) == ["Ariel", "Cosmos", "Emma"]


@books
def test_filters_of_aggregates() -> None:
    with pytest.raises(NotSupportedError):
        Book.objects.aggregate(n=Sum("price", filter=Q(genre="novel")))
    assert Book.objects.filter(genre="novel").aggregate(n=Sum("price"))["n"] == 13.5


@books
def test_names_of_values() -> None:
    with pytest.raises(TypeError, match="unexpected keyword"):
        Book.objects.values(name=F("title"))
    assert [{"name": title} for title in Book.objects.filter(pk="dune").values_list("title", flat=True)] == [
        {"name": "Dune"}
    ]


@books
def test_neighbours() -> None:
    book = Book.objects.get(pk="emma")
    with pytest.raises(AttributeError):
        book.get_next_by_added()
    after = Book.objects.filter(title__gt=book.title).order_by("title").first()
    assert after is not None
    assert after.title == "Howl"
