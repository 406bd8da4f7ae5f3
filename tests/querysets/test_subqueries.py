"""A queryset as the value of `in`: asked first, when the other one is, and seen anew after a change of either table."""

from __future__ import annotations

import asyncio

import pytest
from django.core.exceptions import FieldError
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery

from django_appwrite_orm.exceptions import NotSupportedError, PermissionDenied
from django_appwrite_orm.querysets import QuerySet, resolver
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import migrate
from tests.support.costs import counted
from tests.support.library.tables import Book
from tests.support.novels import Novel, Publisher, Writer
from tests.support.novels import names as sorted_names
from tests.support.toys import Country, Maker, Toy, names

in_the_shop = pytest.mark.usefixtures("shop")


@in_the_shop
def test_a_subquery_is_read_first_and_only_when_needed() -> None:
    with counted() as costs:
        toys = Toy.objects.filter(maker__in=Maker.objects.filter(name="Ada"))
    assert costs.requests == []
    with counted() as costs:
        assert names(toys) == ["ball", "top"]
    assert len(costs.requests) == 2
    assert (toys.all().count(), toys.all().exists(), toys.first().name) == (2, True, "ball")


@in_the_shop
@pytest.mark.parametrize("lookup", ["maker__in", "maker__name"])
def test_an_empty_slice_sends_nothing(lookup: str) -> None:
    value = Maker.objects.filter(name="Ada") if lookup == "maker__in" else "Ada"

    async def read(toys: QuerySet[Toy]) -> list[Toy]:
        return [toy async for toy in toys]

    with counted() as costs:
        toys = Toy.objects.filter(**{lookup: value})[2:2]
        assert (list(toys), list(toys.iterator()), asyncio.run(read(toys.all()))) == ([], [], [])
        assert (toys.count(), toys.exists(), toys.first()) == (0, False, None)
        assert toys.aggregate(n=Count("*"), makers=Count("maker_id")) == {"n": 0, "makers": 0}
        assert list(toys.values("name").annotate(n=Count("*"))) == []
        assert list(Toy.objects.filter(**{lookup: value}).values("name").distinct()[2:2]) == []
    assert costs.requests == []


@in_the_shop
def test_everywhere_that_a_list_of_values_can_stand() -> None:
    fijian = Maker.objects.filter(country="fj")
    for ids in (fijian, fijian.values("id"), fijian.values_list("pk"), fijian.values_list("id", flat=True)):
        assert names(Toy.objects.filter(maker_id__in=ids)) == ["ball", "kite", "top", "yoyo"]
        assert names(Toy.objects.exclude(maker__in=ids)) == ["drum"]
    assert names(Maker.objects.filter(pk__in=Toy.objects.filter(name="kite").values("maker"))) == ["Bob"]
    assert names(Maker.objects.exclude(pk__in=Toy.objects.values("maker_id"))) == ["Cyd"]
    assert names(Maker.objects.filter(toy__in=Toy.objects.filter(name="top"))) == ["Ada"]
    assert names(Toy.objects.filter(maker__country__in=Country.objects.filter(name="Fiji"))[1:3]) == ["kite", "top"]
    assert names(Toy.objects.filter(Q(name="drum") | Q(maker__in=fijian.filter(name="Bob")))) == [
        "kite",
        "yoyo",
        "drum",
    ]
    assert names(Toy.objects.filter(maker__in=fijian.order_by("-name")[:1])) == ["kite", "yoyo"]
    assert names(Toy.objects.filter(maker__in=Maker.objects.none())) == []
    assert len(Toy.objects.exclude(maker__in=Maker.objects.none())) == 5
    nested = Toy.objects.filter(maker__in=Maker.objects.filter(country__in=Country.objects.filter(name="Fiji")))
    assert nested.update(name="sold") == 4
    assert Toy.objects.filter(pk__in=Toy.objects.filter(name="drum")).delete()[0] == 1
    assert set(Maker.objects.in_bulk(Toy.objects.values("maker_id"))) == {"ada", "bob"}


@in_the_shop
def test_nulls_and_values_that_fit_nowhere_are_in_no_row() -> None:
    homes = Maker.objects.values("country")  # one of them is null
    assert names(Country.objects.filter(pk__in=homes)) == ["Fiji"]
    assert names(Country.objects.exclude(pk__in=homes)) == []
    Maker.objects.create(id="odd", name="no id / at all")
    assert names(Toy.objects.filter(maker_id__in=Maker.objects.values("name"))) == ["ball", "kite", "top", "yoyo"]


@in_the_shop
def test_a_change_of_either_table_is_seen() -> None:
    toys = Toy.objects.filter(maker__in=Maker.objects.filter(name="Ada"))
    assert toys.all().count() == 2
    Maker.objects.filter(pk="bob").update(name="Ada")
    assert toys.all().count() == 4
    Toy.objects.filter(name="top").delete()
    assert toys.all().count() == 3
    with counted() as costs:
        assert toys.uncached().count() == 3
        assert toys.uncached().count() == 3
    assert len(costs.requests) == 4


@in_the_shop
def test_asynchronous_subquery() -> None:
    async def read() -> list[str]:
        return [toy.name async for toy in Toy.objects.filter(maker__in=Maker.objects.filter(name="Bob"))]

    assert asyncio.run(read()) == ["kite", "yoyo"]


@in_the_shop
def test_a_subquery_with_too_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "FOLLOWED_LIMIT", 2)
    assert len(Toy.objects.filter(maker__in=Maker.objects.filter(country="fj"))) == 4
    with pytest.raises(NotSupportedError, match="as the value of maker_id__in matches more than 2 rows of Maker"):
        list(Toy.objects.filter(maker__in=Maker.objects.all()))


@pytest.mark.usefixtures("novels")
def test_a_subquery_is_read_with_the_identity_of_the_outer_query() -> None:
    """Guests read novels and writers, and no publishers."""
    written = Novel.objects.filter(writer__in=Writer.objects.filter(name="Ada"))
    assert sorted_names(written) == sorted_names(written.as_guest()) == ["a", "c"]
    published = Writer.objects.filter(publisher__in=Publisher.objects.filter(name="Ink"))
    assert sorted_names(published) == ["Ada"]
    for asked in (published.as_guest(), Writer.objects.filter(publisher__in=Publisher.objects.as_guest())):
        with pytest.raises(PermissionDenied):
            list(asked)


@in_the_shop
def test_a_subquery_is_read_on_the_connection_of_the_outer_query(settings) -> None:
    """As a lookup across a reference, unless a connection was named for the queryset itself."""
    default = settings.APPWRITE_ORM["default"]
    settings.APPWRITE_ORM = {"default": default, "other": {**default, "DATABASE_ID": "branch"}}
    run_sync(migrate([Country, Maker, Toy], "other"))
    Country.objects.using("other").create(id="fr", name="Fiji")
    Maker.objects.using("other").create(id="eve", name="Ada", country_id="fr")
    Toy.objects.using("other").create(name="bike", maker_id="eve")
    called_ada, fijian = Maker.objects.filter(name="Ada"), Country.objects.filter(name="Fiji")
    there = Toy.objects.using("other")
    for toys in (
        there.filter(maker__in=called_ada),
        Toy.objects.filter(maker__in=called_ada).using("other"),
        there.filter(maker__country__in=fijian),
        there.filter(maker__in=Maker.objects.filter(country__in=fijian)),
        there.filter(maker__in=Maker.objects.using("other").filter(country__in=fijian)),
        Toy.objects.using("other").filter(pk__in=Toy.objects.all()),
    ):
        assert names(toys) == ["bike"]
    assert names(there.filter(maker__in=Maker.objects.using("default").filter(name="Ada"))) == []
    assert names(Toy.objects.filter(maker__in=Maker.objects.using("other").filter(name="Ada"))) == []
    with counted() as costs, pytest.raises(PermissionDenied):
        list(there.as_guest().filter(maker__in=called_ada))
    assert costs.requests == ["GET /tablesdb/branch/tables/maker/rows"]


@in_the_shop
def test_unsupported_subqueries_are_refused_before_any_request() -> None:
    makers = Maker.objects.all()
    with counted() as costs:
        for wrong, error, message in (
            ({"maker": makers}, NotSupportedError, "can only be the value of `in`: maker_id__in=queryset"),
            ({"name__startswith": makers}, NotSupportedError, "only be the value of `in`"),
            (
                {"maker__in": [makers]},
                NotSupportedError,
                "Pass it as the whole value: maker_id__in=queryset",
            ),
            ({"name__range": ("a", makers)}, NotSupportedError, "a queryset cannot be an item of a list"),
            ({"name__in": ["a", F("id")]}, NotSupportedError, r"with constants only, not with F\(id\)"),
            ({"maker__in": Toy.objects.all()}, ValueError, "Expected a queryset of Maker, not of Toy"),
            ({"maker__country__in": makers}, ValueError, "Expected a queryset of Country, not of Maker"),
            ({"maker__in": makers.values("id", "name")}, FieldError, "must select one column, not id, name"),
            ({"name__in": Book.objects.values("tags")}, FieldError, r"Book\.tags holds several values"),
            (
                {"name__in": Book.objects.values("price")},
                FieldError,
                r"Book\.price has a different type.*values\('price'\)",
            ),
            (
                {"maker__in": makers.values("country").annotate(n=Count("*"))},
                NotSupportedError,
                "Groups cannot be the value",
            ),
            (
                {"maker": OuterRef("pk")},
                NotSupportedError,
                r"no correlated subqueries.*filter\(pk__in=Toy.*values\('maker_id'\)\)",
            ),
        ):
            with pytest.raises(error, match=message):
                Toy.objects.filter(**wrong)
        with pytest.raises(FieldError, match=r"Book\.id has a different type"):
            Book.objects.filter(price__in=Book.objects.all())
        for expression in (Exists, Subquery):
            with pytest.raises(NotSupportedError, match=r"^Exists\(\) or Subquery\(\) is not.*maker__in="):
                expression(makers)
    assert costs.requests == []
