"""Which columns are read: what relations need of them, references by their own name, and what is not a name."""

from __future__ import annotations

import pytest
from django.core.exceptions import FieldError
from django.db.models import Count, F, Prefetch

from django_appwrite_orm.exceptions import NotSupportedError
from tests.support.costs import counted
from tests.support.novels import Novel
from tests.support.toys import Maker, Toy, names


@pytest.mark.usefixtures("shop")
class TestReferences:
    def test_ids_of_prefetched_rows_are_selected(self) -> None:
        with counted() as costs:
            toys = list(Toy.objects.only("name").select_related("maker__country").exclude(name="drum"))
            assert [toy.maker.country.name for toy in toys] == ["Fiji"] * 4
        assert len(costs.requests) == 3
        for related in (
            Toy.objects.select_related("maker").only("name"),
            Toy.objects.defer("maker_id").select_related(),
        ):
            assert related.first().maker.name == "Ada"
        makers = Maker.objects.only("name").prefetch_related("toy_set")
        assert [names(maker.toy_set.all()) for maker in makers] == [["ball", "top"], ["kite", "yoyo"], []]

    def test_a_deferred_reference_raises_attribute_error(self) -> None:
        for toy in (Toy.objects.defer("maker").first(), Toy.objects.only("name").first()):
            with pytest.raises(AttributeError, match=r"Toy\.maker_id was not read"):
                toy.maker  # noqa: B018

    def test_references_are_named_in_only_values_and_order_by(self) -> None:
        assert Toy.objects.only("maker").first().maker.name == "Ada"
        assert Toy.objects.values("name", "maker")[0] == {"name": "ball", "maker": "ada"}
        assert list(Toy.objects.values_list("maker", flat=True)) == ["ada", "bob", "ada", "bob", "gone"]
        assert names(Toy.objects.order_by("-maker", "name")) == ["drum", "kite", "yoyo", "ball", "top"]
        groups = Toy.objects.values("maker").annotate(n=Count("*"))
        assert {group["maker"]: group["n"] for group in groups} == {"ada": 2, "bob": 2, "gone": 1}

    def test_values_cannot_be_prefetched(self) -> None:
        with counted() as costs:
            assert list(Toy.objects.select_related("maker").values("name")[:1]) == [{"name": "ball"}]
        assert len(costs.requests) == 1
        with pytest.raises(TypeError, match=r"cannot be used after values\(\)"):
            Toy.objects.values("name").select_related("maker")

    def test_none_clears_defer_order_and_prefetch(self) -> None:
        toys = Toy.objects.defer("name").order_by("-name").select_related("maker")
        with counted() as costs:
            cleared = list(toys.defer(None).order_by(None).select_related(None))
        assert names(cleared) == ["ball", "kite", "top", "yoyo", "drum"]
        assert len(costs.requests) == 1

    def test_a_prefetch_of_a_part_is_refused(self) -> None:
        part = Prefetch("toy_set", queryset=Toy.objects.filter(name="top"))
        with pytest.raises(NotSupportedError, match=r"takes the names of relations, not Prefetch.*maker__in=makers"):
            Maker.objects.prefetch_related(part)


@pytest.mark.usefixtures("novels")
def test_only_with_prefetched_relationships() -> None:
    novels = Novel.objects.only("title").exclude(writer=None).select_related("writer")
    assert [novel.writer.name for novel in novels] == ["Ada", "Bob", "Ada"]
    novels = Novel.objects.only("title").prefetch_related("topics")
    assert [names(novel.topics.all()) for novel in novels] == [["sea", "war"], ["sea"], [], []]
    assert list(Novel.objects.values_list("writer", flat=True)) == ["ada", "bob", "ada", None]


def test_names_that_are_not_text_are_refused() -> None:
    for ask in (Toy.objects.only, Toy.objects.values, Toy.objects.defer, Toy.objects.values_list):
        with pytest.raises(FieldError, match=r"Toy: expected the name of a column, such as 'id', not F\(name\)"):
            ask(F("name"))
    with pytest.raises(FieldError, match="takes names, such as 'price' or '-price', not OrderBy"):
        Toy.objects.order_by(F("name").desc())


@pytest.mark.parametrize(
    ("method", "advice"),
    [
        ("dates", "Extract the parts in Python"),
        ("datetimes", "Extract the parts in Python"),
        ("alias", "compute in Python"),
        ("extra", r"raw_queries\(\)"),
        ("raw", r"raw_queries\(\)"),
        ("explain", "logger 'django_appwrite_orm.transport'"),
        ("select_for_update", r"atomic\(\)"),
        ("union", r"a \| b"),
    ],
)
def test_unsupported_methods_name_an_alternative(method: str, advice: str) -> None:
    with pytest.raises(NotSupportedError, match=rf"^{method}\(\) is not supported by Appwrite\. .*{advice}"):
        getattr(Toy.objects.all(), method)("name", "year")
