"""Which tables a query in memory reads, and what Appwrite is asked for of each."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Exists, F, FilteredRelation, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.expressions import RawSQL
from django.db.models.functions import Rank

from tests.backend.shop.models import Batch, Maker, Product, Special, Tag


def needs(queryset: QuerySet[Any]) -> dict[str, tuple[str, str]]:
    """Return the condition of each source, and its join; an empty text for none."""
    compiler = queryset.query.get_compiler("default").in_memory("a test")
    read = compiler.connection.memory_query.plan(*compiler.as_sql())
    names = [source.ref.table.removeprefix("shop_") for source in read.sources]
    found = {}
    for name, source in zip(names, read.sources, strict=True):
        eager = [link for link in source.links if link.eager]
        joins = [f"{link.key} of {names[link.other]}.{link.other_key}" for link in eager or source.links]
        join = " or ".join(joins) + ("" if eager or not joins else " if large")
        found[name] = ("" if source.condition.method == "everything" else str(source.condition), join)
    return found


EQUAL_ADA = '{"method":"equal","attribute":"name","values":["Ada"]}'
SOLD = '{"method":"equal","attribute":"is_sold","values":[true]}'
MUCH = '{"method":"greaterThan","attribute":"stock","values":[5]}'


def test_conditions_of_the_base_table_are_passed_on() -> None:
    query = Product.objects.filter(stock__gt=5, is_sold=True).annotate(n=Count("tags"))
    condition, _ = needs(query)["product"]
    assert condition == f'{{"method":"and","values":[{SOLD},{MUCH}]}}'


def test_a_limit_is_never_passed_on() -> None:
    query = Product.objects.filter(stock__gt=5).order_by("maker__name")[:3]
    assert needs(query) == {"product": (MUCH, ""), "maker": ("", "$id of product.maker_id")}


def test_conditions_of_an_inner_join_are_passed_on_and_the_others_follow_by_id() -> None:
    assert needs(Product.objects.filter(maker__name="Ada")) == {
        "maker": (EQUAL_ADA, "$id of product.maker_id if large"),
        "product": ("", "maker_id of maker.$id"),
    }
    assert needs(Batch.objects.filter(product__maker__name="Ada")) == {
        "maker": (EQUAL_ADA, "$id of product.maker_id if large"),
        "product": ("", "maker_id of maker.$id"),
        "batch": ("", "product_id of product.$id"),
    }


def test_the_source_with_the_fewest_rows_is_fetched_first() -> None:
    assert list(needs(Product.objects.filter(maker__name="Ada", stock__gt=5)).items()) == [
        ("maker", (EQUAL_ADA, "$id of product.maker_id if large")),
        ("product", (MUCH, "maker_id of maker.$id")),
    ]
    assert list(needs(Product.objects.filter(maker__name="Ada", is_sold=True))) == ["maker", "product"]
    assert list(needs(Product.objects.filter(maker__name="Ada", pk=1))) == ["product", "maker"]
    assert list(needs(Product.objects.filter(maker__name="Ada", pk__in=[1, 2], stock=5))) == ["product", "maker"]
    assert list(needs(Product.objects.filter(Q(pk=1) | Q(stock__gt=5), maker__name="Ada"))) == ["maker", "product"]


def test_rows_of_an_outer_join_are_needed_whatever_they_are() -> None:
    query = Maker.objects.filter(Q(product__stock__gt=5) | Q(name="Ada"))
    assert needs(query) == {"maker": ("", ""), "product": ("", "maker_id of maker.$id if large")}
    query = Maker.objects.filter(product__weight__isnull=True)
    assert needs(query) == {"maker": ("", ""), "product": ("", "maker_id of maker.$id if large")}
    query = Maker.objects.filter(product__isnull=True, name="Ada")
    assert needs(query) == {"maker": (EQUAL_ADA, ""), "product": ("", "maker_id of maker.$id")}


def test_the_left_side_of_an_outer_join_is_not_narrowed_by_the_right() -> None:
    query = Maker.objects.annotate(sold=FilteredRelation("product", condition=Q(product__is_sold=True)))
    assert needs(query.values("sold__name")) == {"maker": ("", ""), "product": ("", "maker_id of maker.$id if large")}


def test_relations_to_many() -> None:
    assert needs(Tag.objects.filter(product__in=[1, 2])) == {
        "product_tags": (
            '{"method":"equal","attribute":"product_id","values":["0000000000000000001","0000000000000000002"]}',
            "tag_id of tag.slug if large",
        ),
        "tag": ("", "slug of product_tags.tag_id"),
    }


def test_the_parent_of_a_model_is_a_source_of_its_own() -> None:
    assert needs(Special.objects.filter(stock__gt=5)) == {
        "product": (MUCH, "$id of special.$id if large"),
        "special": ("", "$id of product.$id"),
    }


def test_subqueries_have_conditions_of_their_own() -> None:
    sold = Product.objects.filter(maker=OuterRef("pk"), is_sold=True)
    assert needs(Maker.objects.filter(Exists(sold), name="Ada")) == {"maker": (EQUAL_ADA, ""), "product": (SOLD, "")}
    assert needs(Maker.objects.exclude(product__stock__gt=5)) == {"maker": ("", ""), "product": (MUCH, "")}
    latest = Subquery(sold.order_by("-sold_at").values("name")[:1])
    assert needs(Maker.objects.annotate(latest=latest)) == {"maker": ("", ""), "product": (SOLD, "")}
    inside = Maker.objects.filter(name="Ada")
    assert needs(Product.objects.filter(maker__in=inside)) == {"maker": (EQUAL_ADA, ""), "product": ("", "")}


def test_a_table_in_several_places_is_fetched_once_with_any_of_their_conditions() -> None:
    both = Product.objects.filter(stock__gt=5).union(Product.objects.filter(is_sold=True))
    assert needs(both) == {"product": (f'{{"method":"or","values":[{MUCH},{SOLD}]}}', "")}
    one = Product.objects.filter(stock__gt=5).union(Product.objects.all())
    assert needs(one) == {"product": ("", "")}
    same = Product.objects.filter(stock__gt=5, maker__product__is_sold=True)
    assert needs(same)["product"] == (f'{{"method":"or","values":[{MUCH},{SOLD}]}}', "")
    twice = Product.objects.filter(stock__gt=5).annotate(
        others=Subquery(Product.objects.filter(maker=OuterRef("maker")).values("pk")[:1])
    )
    assert needs(twice) == {"product": ("", "")}


def test_what_is_not_of_single_rows_stays_with_sqlite() -> None:
    assert needs(Maker.objects.annotate(n=Count("product")).filter(n__gt=1))["maker"] == ("", "")
    ranked = Product.objects.annotate(rank=Window(Rank(), order_by="stock")).filter(rank=1, stock__gt=5)
    assert needs(ranked) == {"product": (MUCH, "")}
    assert needs(Product.objects.filter(stock__gt=F("weight"))) == {"product": ("", "")}
    assert needs(Product.objects.filter(Q(stock__gt=5) ^ Q(is_sold=True))) == {"product": ("", "")}


def test_raw_sql_of_extra_and_of_expressions_is_searched_for_tables() -> None:
    counted = Maker.objects.annotate(n=RawSQL("(SELECT count(*) FROM shop_product WHERE stock > %s)", [5]))
    assert needs(counted) == {"maker": ("", ""), "product": ("", "")}
    extra = Maker.objects.extra(tables=["shop_product"], where=["shop_product.maker_id = shop_maker.id"])
    assert needs(extra) == {"maker": ("", ""), "product": ("", "")}


def test_only_columns_that_the_query_may_name_are_loaded() -> None:
    compiler = Product.objects.values("name").distinct().query.get_compiler("default").in_memory("a test")
    (source,) = compiler.connection.memory_query.plan(*compiler.as_sql()).sources
    assert [column.key for column in source.copy.columns] == ["$id", "name"]


def test_a_join_that_django_has_dropped_narrows_nothing() -> None:
    """Django compares the foreign key instead, and keeps the alias of the table; the raw SQL reads all of it."""
    query = Product.objects.filter(maker__id=1).annotate(n=RawSQL('(SELECT count(*) FROM "shop_maker")', []))
    maker = '{"method":"equal","attribute":"maker_id","values":["0000000000000000001"]}'
    assert needs(query) == {"product": (maker, ""), "maker": ("", "")}
