"""Lookups across references mean what Django's mean: compared with Django's models of the same rows on SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections, models
from django.db.models import Q
from hypothesis import given, settings
from hypothesis import strategies as st

from django_appwrite_orm import Table, columns
from django_appwrite_orm.registry import registry
from tests.support.costs import counted
from tests.support.tables import prepare


class Land(Table):
    name = columns.String(size=20)


class Firm(Table):
    name = columns.String(size=20)
    land = columns.Reference(Land)


class Item(Table):
    name = columns.String(size=20)
    firm = columns.Reference(Firm)


class DjangoRow(models.Model):
    id = models.CharField(primary_key=True, max_length=36)
    name = models.CharField(max_length=20, null=True)  # noqa: DJ001  # nulls are what this is about

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.pk)


class DjangoLand(DjangoRow):
    class Meta:
        app_label = "outer_joins"


class DjangoFirm(DjangoRow):
    land = models.ForeignKey(DjangoLand, models.CASCADE, null=True)

    class Meta:
        app_label = "outer_joins"


class DjangoItem(DjangoRow):
    firm = models.ForeignKey(DjangoFirm, models.CASCADE, null=True)

    class Meta:
        app_label = "outer_joins"


TWINS: list[tuple[type[Table], type[DjangoRow]]] = [(Land, DjangoLand), (Firm, DjangoFirm), (Item, DjangoItem)]
NAMES = ["a", "b", None]
LANDS = [{"id": "l1", "name": "a"}, {"id": "l2", "name": None}]
FIRMS = [
    {"id": f"f{n}", "name": name, "land_id": land}
    for n, (name, land) in enumerate([("a", "l1"), (None, "l1"), ("b", "l2"), (None, None), ("b", None)])
]
ITEMS = [
    {"id": f"i{n}-{name}", "name": name, "firm_id": firm}
    for n, firm in enumerate([None, *(firm["id"] for firm in FIRMS)])
    for name in NAMES
]


@pytest.fixture
def twins(django_db_blocker: Any, tmp_path: Path) -> Iterator[None]:
    """The same rows on Appwrite and on SQLite."""
    for table, _ in TWINS:
        registry.add(table)
    prepare(*(table for table, _ in TWINS))
    sqlite = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "twin")}  # one in memory is never closed
    connections.settings["twin"] = connections.configure_settings({"default": {}, "twin": sqlite})["twin"]
    with django_db_blocker.unblock():
        with connections["twin"].schema_editor() as editor:
            for _, model in TWINS:
                editor.create_model(model)
        for (table, model), rows in zip(TWINS, (LANDS, FIRMS, ITEMS), strict=True):
            table.objects.bulk_create([table(**row) for row in rows])
            model._default_manager.using("twin").bulk_create([model(**row) for row in rows])
        yield
        connections["twin"].close()
    del connections["twin"], connections.settings["twin"]
    for table, _ in TWINS:
        registry.discard(table)


def said_of(path: str, values: list[str]) -> st.SearchStrategy[Q]:
    value, word = st.sampled_from(values), st.sampled_from(["", "__exact"])
    return st.one_of(
        st.builds(lambda word, one: Q(**{path + word: one}), word, value | st.none()),
        st.builds(lambda null: Q(**{f"{path}__isnull": null}), st.booleans()),
        st.builds(lambda several: Q(**{f"{path}__in": several}), st.lists(value, max_size=2)),
    )


CONDITIONS = st.recursive(
    st.one_of(
        *(said_of(path, ["a", "b"]) for path in ("name", "firm__name", "firm__land__name")),
        *(said_of(path, ["f0", "f2", "f3"]) for path in ("firm", "firm_id", "firm__id")),
        *(said_of(path, ["l1", "l2"]) for path in ("firm__land", "firm__land_id", "firm__land__id")),
        st.sampled_from([Q(firm__name__gt="a"), Q(firm__land__name__startswith="a"), Q(firm__name="b", name="a")]),
    ),
    lambda inner: st.one_of(
        inner.map(lambda one: ~one),
        st.builds(lambda one, other: one & other, inner, inner),
        st.builds(lambda one, other: one | other, inner, inner),
    ),
    max_leaves=5,
)


@pytest.mark.usefixtures("twins")
@settings(max_examples=80, database=None)
@given(CONDITIONS)
def test_lookups_across_relations_find_what_django_finds(condition: Q) -> None:
    expected = DjangoItem._default_manager.using("twin").filter(condition)
    assert {item.id for item in Item.objects.filter(condition)} == {str(item.pk) for item in expected}


@pytest.mark.usefixtures("twins")
def test_a_null_across_a_relation_costs_no_more_requests() -> None:
    """What leads to no row is told by the table itself."""
    with counted() as costs:
        assert {item.firm_id for item in Item.objects.filter(firm__land__name=None)} == {None, "f2", "f3", "f4"}
    assert len(costs.requests) == 3
    with counted() as costs:
        assert len(Item.objects.exclude(firm__name=None)) == 9
    assert len(costs.requests) == 2
