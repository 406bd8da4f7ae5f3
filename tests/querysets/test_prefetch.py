"""References: to the row, to many rows' rows at once, back, and in filters."""

from __future__ import annotations

import asyncio
import copy

import pytest
from django.core.exceptions import FieldError, SynchronousOnlyOperation, ValidationError
from django.db.models import Q

from django_appwrite_orm import Table, columns
from django_appwrite_orm.exceptions import ConfigurationError, NotSupportedError
from django_appwrite_orm.querysets import resolver
from django_appwrite_orm.registry import registry
from tests.support.costs import counted
from tests.support.toys import Country, Maker, Toy, names

pytestmark = pytest.mark.usefixtures("shop")


class TestOneRow:
    def test_a_reference_is_read_once(self) -> None:
        ball = Toy.objects.get(name="ball")
        with counted() as costs:
            assert ball.maker_id == "ada"
            assert ball.maker.name == "Ada"
            assert ball.maker.country.name == "Fiji"
            assert ball.maker is ball.maker
        assert len(costs.requests) == 2
        with counted() as costs:  # a get by id, from the cache
            assert Toy.objects.get(name="top").maker == ball.maker
        assert len(costs.requests) == 1
        assert Maker.objects.get(pk="cyd").country is None
        with pytest.raises(Maker.DoesNotExist, match="'gone', which does not exist"):
            Toy.objects.get(name="drum").maker  # noqa: B018

    def test_a_reference_can_be_set(self) -> None:
        bob, ada = Maker.objects.get(pk="bob"), Maker.objects.get(pk="ada")
        toy = Toy.objects.create(name="robot", maker=bob)
        assert (toy.maker_id, toy.maker) == ("bob", bob)
        toy.maker = ada
        toy.save()
        assert Toy.objects.get(pk=toy.pk).maker_id == "ada"
        toy.maker_id = "bob"
        assert toy.maker == bob
        ada.country = None
        ada.save()
        assert Maker.objects.get(pk="ada").country_id is None
        ada.parent = bob
        ada.save()
        assert Maker.objects.get(pk="ada").parent == bob
        assert copy.copy(toy).maker == bob

    @pytest.mark.parametrize("wrong", ["ada", 3, Maker(name="new"), Country(name="x", id="x")])
    def test_a_reference_takes_only_saved_rows_of_its_table(self, wrong: object) -> None:
        with pytest.raises(ValueError, match="takes a saved Maker"):
            Toy(name="x", maker=wrong)

    @pytest.mark.parametrize("wrong", ["", "a/b", "_x", "x" * 37, 5])
    def test_the_id_column_of_a_reference_takes_ids_only(self, wrong: object) -> None:
        with pytest.raises(ValidationError, match="maker_id"):
            Toy.objects.create(name="x", maker_id=wrong)

    def test_reading_a_reference_on_an_event_loop_is_refused(self) -> None:
        async def read() -> None:
            toy = await Toy.objects.aget(name="ball")
            with pytest.raises(SynchronousOnlyOperation, match=r"select_related\('maker'\)"):
                toy.maker  # noqa: B018
            assert [toy.maker.name async for toy in Toy.objects.exclude(name="drum").select_related("maker")] == [
                "Ada",
                "Bob",
                "Ada",
                "Bob",
            ]
            assert (await Toy.objects.select_related("maker").aget(name="ball")).maker.name == "Ada"

        asyncio.run(read())

    def test_refresh_from_db_drops_related_rows(self) -> None:
        toy = Toy.objects.get(name="ball")
        assert toy.maker.name == "Ada"
        Maker.objects.filter(pk="ada").update(name="Eve")
        toy.refresh_from_db()
        assert toy.maker.name == "Eve"


class TestManyRows:
    def test_one_request_for_each_relation(self) -> None:
        with counted() as costs:
            toys = list(Toy.objects.exclude(name="drum").select_related("maker__country"))
            assert [toy.maker.country.name for toy in toys] == ["Fiji"] * 4
        assert len(costs.requests) == 3
        with counted() as costs:
            assert [toy.maker_id for toy in Toy.objects.uncached().select_related()] == [
                "ada",
                "bob",
                "ada",
                "bob",
                "gone",
            ]
        assert len(costs.requests) == 2
        drum = Toy.objects.select_related("maker").get(name="drum")
        with counted() as costs, pytest.raises(Maker.DoesNotExist):
            drum.maker  # noqa: B018
        assert costs.requests == []

    def test_reverse_relations_of_one_row(self) -> None:
        ada = Maker.objects.get(pk="ada")
        assert names(ada.toy_set) == names(ada.toy_set.all()) == ["ball", "top"]
        assert names(ada.toy_set.filter(name="top")) == ["top"]
        assert names(Country.objects.first().makers.order_by("-name")) == ["Bob", "Ada"]
        with pytest.raises(AttributeError, match="toyset"):
            ada.toyset  # noqa: B018
        with pytest.raises(AttributeError, match="maker_set"):
            ada.maker_set  # noqa: B018

    def test_rows_created_through_a_reverse_relation_refer_to_its_row(self) -> None:
        ada = Maker.objects.get(pk="ada")
        assert ada.toy_set.create(name="new").maker_id == "ada"
        assert ada.toy_set.get_or_create(name="newer")[0].maker == ada
        assert ada.toy_set.update_or_create(name="newest", defaults={"name": "latest"})[0].maker_id == "ada"
        assert names(ada.toy_set) == ["ball", "top", "new", "newer", "latest"]
        assert names(ada.toy_set.filter(name="top")) == ["top"]
        with pytest.raises(ValueError, match="This Maker has not been saved"):
            Maker(name="new").toy_set  # noqa: B018

    def test_prefetching_reverse_relations(self) -> None:
        with counted() as costs:
            makers = list(Maker.objects.prefetch_related("toy_set__maker", "country"))
            assert [names(maker.toy_set.all()) for maker in makers] == [["ball", "top"], ["kite", "yoyo"], []]
            assert [maker.toy_set.count() for maker in makers] == [2, 2, 0]
            assert makers[0].toy_set.all()[0].maker.name == "Ada"
        assert len(costs.requests) == 4
        with counted() as costs:
            assert names(makers[0].toy_set.filter(name="top")) == ["top"]
        assert len(costs.requests) == 1

    def test_prefetching_an_unknown_relation_is_refused(self) -> None:
        with counted() as costs:
            for wrong in ("name", "toy", "country__name", "nothing"):
                with pytest.raises(FieldError, match="has no relation"):
                    Maker.objects.prefetch_related(wrong)
            with pytest.raises(FieldError, match=r"no reference 'toy_set'. It has: country, parent"):
                Maker.objects.select_related("toy_set")
        assert costs.requests == []


class TestFilters:
    def test_filters_by_a_row_or_its_id(self) -> None:
        ada, bob = Maker.objects.get(pk="ada"), Maker.objects.get(pk="bob")
        assert names(Toy.objects.filter(maker=ada)) == names(Toy.objects.filter(maker="ada")) == ["ball", "top"]
        assert len(Toy.objects.filter(maker__in=[ada, "bob"])) == 4
        assert names(Toy.objects.exclude(maker__in=[ada, bob])) == ["drum"]
        assert names(Maker.objects.filter(country=None)) == names(Maker.objects.filter(country__isnull=True)) == ["Cyd"]
        assert names(Toy.objects.order_by("-maker_id", "name")) == ["drum", "kite", "yoyo", "ball", "top"]

    def test_filters_across_references(self) -> None:
        with counted() as costs:
            assert names(Toy.objects.filter(maker__name="Ada")) == ["ball", "top"]
        assert len(costs.requests) == 2
        assert names(Toy.objects.exclude(maker__name="Ada")) == ["kite", "yoyo", "drum"]
        assert len(Toy.objects.filter(maker__country__name__startswith="fi")) == 4
        assert names(Toy.objects.filter(Q(maker__name="Ada") & Q(name="top") | Q(maker__name="Nobody"))) == ["top"]
        assert names(Maker.objects.exclude(country__name="Fiji")) == ["Cyd"]
        assert names(Toy.objects.filter(~Q(maker__name__in=["Ada", "Bob"]))) == ["drum"]
        across = Toy.objects.filter(maker__name="Bob")
        assert (across.count(), across.exists(), across.first().name) == (2, True, "kite")
        assert not Toy.objects.filter(maker__name="Nobody").exists()
        assert names(across.iterator()) == ["kite", "yoyo"]
        assert across.update(name="sold") == 2
        assert Toy.objects.filter(maker__name="Bob").delete()[0] == 2
        for ask in (Toy.objects.order_by, Toy.objects.values, Toy.objects.only):
            with pytest.raises(FieldError, match=r"no column 'maker__name': only lookups.* follow 'maker'"):
                ask("maker__name")
        with pytest.raises(FieldError, match="Maker has no column 'nam'"):
            Toy.objects.filter(maker__nam="Ada")

    def test_filters_across_see_changes_of_either_table(self) -> None:
        across = Toy.objects.filter(maker__name="Ada")
        assert across.all().count() == 2
        Maker.objects.filter(pk="bob").update(name="Ada")
        assert across.all().count() == 4
        Toy.objects.filter(name="top").delete()
        assert across.all().count() == 3

    def test_filters_across_reverse_relations(self) -> None:
        with counted() as costs:
            assert names(Maker.objects.filter(toy__name="kite")) == ["Bob"]
        assert len(costs.requests) == 2
        assert names(Maker.objects.filter(toy_set__name__startswith="t")) == ["Ada"]
        assert names(Country.objects.filter(makers__toy__name="ball")) == ["Fiji"]
        assert names(Maker.objects.exclude(toy__name="ball")) == ["Bob", "Cyd"]
        assert names(Maker.objects.filter(toy__isnull=True)) == ["Cyd"]
        assert names(Maker.objects.filter(toy__name="ball", toy__id=Toy.objects.get(name="top").pk)) == []
        assert names(Maker.objects.filter(toy__name="ball").filter(toy__name="top")) == ["Ada"]
        assert names(Maker.objects.filter(toy=Toy.objects.get(name="kite"))) == ["Bob"]
        Toy.objects.filter(name="kite").update(maker_id="cyd")
        assert names(Maker.objects.filter(toy__name="kite")) == ["Cyd"]
        with pytest.raises(FieldError, match="Toy has no column 'nam'"):
            Maker.objects.filter(toy__nam="x")

    def test_a_lookup_that_matches_too_many_related_rows_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(resolver, "FOLLOWED_LIMIT", 1)
        assert len(Toy.objects.filter(maker__name="Ada")) == 2
        with pytest.raises(NotSupportedError, match="more than 1 rows of Maker"):
            list(Toy.objects.filter(maker__country__isnull=False))


def test_references_to_missing_or_ambiguous_tables_are_refused() -> None:
    class Lost(Table):
        other = columns.Reference("Nowhere")

    for follow in (
        lambda: Lost(other_id="x").other,
        lambda: Lost.objects.filter(other__name="x"),
        lambda: Lost.objects.select_related("other"),
        lambda: Lost(other=Country(id="x", name="x")),
    ):
        with pytest.raises(ConfigurationError, match=r"^Lost.other cannot be followed. There is no table 'Nowhere'"):
            follow()

    class Twin(Table):
        class Meta:
            name = "twin_one"

    first = Twin

    class Twin(Table):  # type: ignore[no-redef]
        class Meta:
            name = "twin_two"

    class Pupil(Table):
        twin = columns.Reference("Twin")
        exact = columns.Reference("twin_two", related_name="pupils")

    for table in (first, Twin):
        registry.add(table)
    try:
        with pytest.raises(ConfigurationError, match=r"could be .*Twin or .*Twin"):
            Pupil.objects.select_related("twin")
        assert registry.target(Pupil, Pupil.exact) is Twin
    finally:
        registry.discard(first)
        registry.discard(Twin)
    for wrong in ("", None, 3):
        with pytest.raises(ConfigurationError, match="expected a table class"):
            columns.Reference(wrong)
