"""Reverse relations are attributes of table classes, set and removed by what is registered."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest
from django.apps import apps

from django_appwrite_orm import Table, columns
from django_appwrite_orm.registry import registry

pytestmark = pytest.mark.usefixtures("own_registry")


def table(name: str, meta: dict[str, Any] | None = None, bases: tuple[type, ...] = (Table,), **body: Any) -> Any:
    return type(name, bases, {"Meta": type("Meta", (), meta or {}), **body, "__module__": __name__})


def calls_of_a_missing_attribute(row: Any) -> int:
    """Python and C functions called by asking for an attribute that does not exist."""
    count = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        getattr(row, "nonsense", None)
    finally:
        sys.setprofile(before)
    return count


def test_dir_shows_the_relations_of_a_row() -> None:
    shop = table("Shop")
    sale = table("Sale", shop=columns.Reference(shop), tags=columns.Relationship(shop, "manyToMany", related_name="+"))
    assert "sale_set" not in dir(shop(id="one"))
    registry.add(shop)
    registry.add(sale)
    assert "sale_set" in dir(shop(id="one"))
    assert {"shop", "shop_id", "tags"} <= set(dir(sale()))
    assert not [name for name in vars(sale) if name.endswith("_set")]
    assert shop(id="one").sale_set.model is sale


def test_a_missing_attribute_costs_the_same_with_one_and_with_a_hundred_tables() -> None:
    shop = registry.add(table("Shop"))
    alone = calls_of_a_missing_attribute(shop(id="one"))
    for number in range(100):
        registry.add(table(f"Sale{number}", shop=columns.Reference("Shop"), more=columns.Reference(shop)))
    assert "sale99_set" in dir(shop)
    assert calls_of_a_missing_attribute(shop(id="one")) == alone
    with pytest.raises(AttributeError, match="'Shop' object has no attribute 'nonsense'"):
        shop(id="one").nonsense  # noqa: B018


@pytest.mark.parametrize("to", ["Shop", "own_shop", "own_shops"])
def test_a_relation_may_be_declared_before_its_table_is_registered(to: str) -> None:
    sale = registry.add(table("Sale", shop=columns.Reference(to)))
    shop = registry.add(table("Shop", {"name": "own_shops", "id": "own_shop"}))
    assert shop(id="one").sale_set.model is sale
    registry.discard(shop)
    assert "sale_set" not in dir(shop)
    again = registry.add(table("Shop", {"name": "own_shops", "id": "own_shop"}))
    assert again(id="one").sale_set.model is sale
    assert "sale_set" not in dir(shop)


def test_a_reverse_relation_is_removed_and_set_again_with_the_table_that_declares_it() -> None:
    shop = registry.add(table("Shop"))
    sale = registry.add(table("Sale", shop=columns.Reference(shop)))
    registry.discard(sale)
    assert "sale_set" not in dir(shop)
    with pytest.raises(AttributeError, match="'Shop' object has no attribute 'sale_set'"):
        shop(id="one").sale_set  # noqa: B018
    registry.add(sale)
    registry.add(sale)
    assert shop(id="one").sale_set.model is sale


def test_a_name_that_two_tables_have_leads_to_neither() -> None:
    sale = registry.add(table("Sale", shop=columns.Reference("Shop")))
    first, second = (table("Shop", {"id": name, "name": name}) for name in ("first", "second"))
    registry.add(first)
    assert "sale_set" in dir(first)
    registry.add(second)
    assert "sale_set" not in {*dir(first), *dir(second)}
    registry.discard(first)
    assert second(id="one").sale_set.model is sale


def test_of_two_reverse_relations_of_one_name_the_first_registered_is_found() -> None:
    shop = registry.add(table("Shop"))
    first, second = (registry.add(table(name, shop=columns.Reference(shop, related_name="all"))) for name in "AB")
    row = shop(id="one")
    assert row.all.model is first
    registry.discard(first)
    assert row.all.model is second
    registry.add(first)
    assert row.all.model is second
    registry.discard(second)
    registry.discard(first)
    assert "all" not in dir(shop)


def test_attributes_of_the_class_are_not_replaced_by_relations() -> None:
    shop = registry.add(table("Shop", sale_set="its own", noted=None))
    for name, related_name in (("Sale", None), ("Note", "noted")):
        sale = registry.add(table(name, shop=columns.Reference(shop, related_name=related_name)))
        assert (shop(id="one").sale_set, shop(id="one").noted) == ("its own", None)
        registry.discard(sale)
    assert (shop(id="one").sale_set, shop(id="one").noted) == ("its own", None)


def test_a_derived_table_does_not_have_the_reverse_relations_of_its_base() -> None:
    shop = registry.add(table("Shop"))
    branch = registry.add(table("Branch", bases=(shop,)))
    registry.add(table("Sale", shop=columns.Reference(shop)))
    with pytest.raises(AttributeError, match="'Branch' object has no attribute 'sale_set'"):
        branch(id="one").sale_set  # noqa: B018
    order = registry.add(table("Order", branch=columns.Reference(branch, related_name="sale_set")))
    assert branch(id="one").sale_set.model is order
    assert shop(id="one").sale_set.model.__name__ == "Sale"


def test_a_relationship_that_both_sides_declare_has_one_name_on_each() -> None:
    shop = table("Shop", sold=columns.Relationship("Sale", "oneToMany", column="sales", two_way_key="shop"))
    sale = table("Sale", shop=columns.Relationship(shop, "manyToOne", two_way_key="sales"))
    registry.add(shop)
    registry.add(sale)
    assert "sales" not in dir(shop)
    assert shop(id="one").sold.model is sale


def test_relations_of_an_abstract_base_and_of_a_mixin_are_those_of_each_table() -> None:
    class Located:
        place = columns.Reference("Shop")

    shop = registry.add(table("Shop"))
    base = table("Base", {"abstract": True}, (Located, Table), owner=columns.Reference("Shop", related_name="+"))
    first, second = (registry.add(table(name, bases=(base,))) for name in ("First", "Second"))
    assert [list(one._meta.relations) for one in (base, first, second)] == [["place", "owner"]] * 3
    row = first(owner=shop(id="one"), place=shop(id="two"))
    assert (row.owner_id, row.place_id, row.owner.id) == ("one", "two", "one")
    assert (shop(id="one").first_set.model, shop(id="one").second_set.model) == (first, second)


def test_tables_that_are_registered_before_the_apps_are_connected_when_they_are(monkeypatch) -> None:
    monkeypatch.setattr(apps, "apps_ready", False)
    shop, sale = table("Shop"), table("Sale", shop=columns.Reference("Shop"))
    registry.add(sale)
    registry.add(shop)
    assert "sale_set" not in dir(shop)
    monkeypatch.undo()
    registry.connect()
    assert shop(id="one").sale_set.model is sale
