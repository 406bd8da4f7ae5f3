"""What a Django developer writes without thinking: it works as there, or says what to write instead."""

from __future__ import annotations

import asyncio
import copy
import pickle

import pytest
from django.core.exceptions import FieldError
from django.db.models import Avg, Count, Q

from django_appwrite_orm.exceptions import NotSupportedError
from tests.support.costs import counted
from tests.support.library.tables import Book
from tests.support.toys import Country, Maker, Toy, names


@pytest.mark.usefixtures("six_books")
class TestQuerysets:
    def test_empty_conditions(self) -> None:
        for every in (Book.objects.filter(), Book.objects.filter(Q() | Q()), Book.objects.exclude(Q())):
            assert every.count() == 6
        assert Book.objects.exclude(pk__in=[]).count() == 6
        with counted() as costs:
            nothing = Book.objects.filter(pk__in=[])
            assert (list(nothing), nothing.count(), nothing.exists(), nothing.first()) == ([], 0, False, None)
        assert costs.requests == []

    def test_slices_of_slices(self) -> None:
        part = Book.objects.order_by("title")[1:5]
        assert [book.title for book in part[1:9]] == ["Cosmos", "Dune", "Emma"]
        assert (part.count(), part[3].title, part.first().title) == (4, "Emma", "Brief")
        assert [book.title for book in reversed(part)] == ["Emma", "Dune", "Cosmos", "Brief"]
        with pytest.raises(IndexError):
            part.all()[4]
        for change in ("filter", "exclude", "order_by", "reverse", "last", "update", "delete", "distinct", "in_bulk"):
            with pytest.raises(TypeError, match="once a slice has been taken"):
                getattr(part, change)()

    def test_groups(self) -> None:
        groups = Book.objects.values("genre").annotate(n=Count("*"))
        assert (groups.count(), groups.first()) == (4, {"genre": "novel", "n": 2})
        assert Book.objects.none().values("genre").annotate(n=Count("*")).first() is None

        async def ask() -> tuple[int, object]:
            return await groups.acount(), await groups.order_by("n").afirst()

        assert asyncio.run(ask()) == (4, {"genre": "science", "n": 1})
        for choose in (groups.filter, groups.exclude):
            with pytest.raises(NotSupportedError, match=r"Filtering groups is not.*if group\['n'\] > 1"):
                choose(n__gt=1)
        for choose in (groups.values, groups.values_list):
            with pytest.raises(NotSupportedError, match="A group is a dict"):
                choose("genre")


@pytest.mark.usefixtures("shop")
class TestReferences:
    def test_update_sets_a_reference_by_its_name(self) -> None:
        ada, cyd = Maker.objects.get(pk="ada"), Maker.objects.get(pk="cyd")
        assert Toy.objects.filter(name="kite").update(maker=cyd) == 1
        assert Toy.objects.filter(name="yoyo").update(maker="cyd") == 1
        assert names(cyd.toy_set) == ["kite", "yoyo"]
        toys = list(cyd.toy_set)
        for toy in toys:
            toy.maker = ada
        toys[0].save(update_fields=["maker"])
        assert Toy.objects.bulk_update(toys, ["maker"]) == 1
        assert len(ada.toy_set.all()) == 4
        for wrong in (Country.objects.first(), Maker(name="new")):
            with pytest.raises(ValueError, match="Expected a saved Maker or its id"):
                Toy.objects.update(maker=wrong)
        with pytest.raises(FieldError, match="Toy has no column 'makr'"):
            Toy.objects.update(makr=ada)

    def test_aggregates_across_a_relation_name_the_other_table(self) -> None:
        for across, instead in (
            (Count("toy"), "Aggregate Toy instead: Toy.objects.values('maker').annotate(n=Count('*'))."),
            (Count("toy_set"), "Aggregate Toy instead: Toy.objects.values('maker').annotate(n=Count('*'))."),
            (Avg("toy__price"), "Aggregate Toy instead: Toy.objects.values('maker').annotate(n=Avg('price'))."),
            (Count("country__name"), "Aggregate Country instead: Country.objects.aggregate(n=Count('name'))."),
        ):
            with pytest.raises(NotSupportedError, match="Appwrite aggregates columns of one table") as caught:
                Maker.objects.values("name").annotate(n=across)
            assert str(caught.value).endswith(instead)

    @pytest.mark.parametrize(
        ("table", "lookup", "near"),
        [
            (Toy, "makr__name", "maker"),
            (Toy, "makr", "maker"),
            (Toy, "makerid", "maker"),
            (Toy, "makr_id", "maker_id"),
            (Maker, "toys__name", "toy"),
            (Maker, "contry__name", "country"),
        ],
    )
    def test_a_misspelt_relation_is_suggested_by_its_name(self, table, lookup: str, near: str) -> None:
        with pytest.raises(FieldError, match=rf"Did you mean: {near}[?,]"):
            table.objects.filter(**{lookup: "x"})

    @pytest.mark.parametrize("method", ["add", "remove", "set", "clear"])
    def test_add_and_remove_name_the_column_with_the_link(self, method: str) -> None:
        with pytest.raises(NotSupportedError, match=rf"^{method}\(\) is not supported by Appwrite.*toy\.maker = maker"):
            getattr(Maker.objects.get(pk="ada").toy_set, method)(Toy.objects.first())

    def test_copies_and_pickles(self) -> None:
        asked = Toy.objects.filter(maker__in=Maker.objects.filter(name="Ada")).filter(maker__country__name="Fiji")
        for twin in (copy.copy(asked), copy.deepcopy(asked), pickle.loads(pickle.dumps(asked))):
            assert names(twin) == ["ball", "top"]
        read = pickle.loads(pickle.dumps(list(asked.select_related("maker"))))
        with counted() as costs:
            assert [toy.maker.name for toy in read] == ["Ada", "Ada"]
        assert costs.requests == costs.cache == []
