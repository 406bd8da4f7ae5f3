"""Two databases of DATABASES that lead to one Appwrite connection are two sessions, as on SQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connections, transaction
from django.db.models import Count, F

from tests.support.costs import counted

from .shop.models import Maker, Product

SECOND = Maker.objects.using("second")


@pytest.fixture(autouse=True, params=["staged", "off"])
def second(request: pytest.FixtureRequest, shop: None) -> Iterator[None]:
    """A second database beside the default one, with blocks and without."""
    own, databases = connections.settings, {"default": dict(connections.settings["default"])}
    databases["second"] = databases["default"] | {"OPTIONS": {"atomic": request.param}}
    connections.settings = connections.configure_settings(databases)
    yield
    connections["second"].close()
    del connections["second"]
    connections.settings = own


READS: dict[str, tuple[Any, Any]] = {
    "count": (lambda rows: rows.count(), 1),
    "exists": (lambda rows: rows.filter(name="Bob").exists(), False),
    "direct": (lambda rows: [row.name for row in rows.filter(name__gte="A")], ["Ada"]),
    "in memory": (lambda rows: [row.n for row in rows.annotate(n=Count("product"))], [0]),
    "by the key": (lambda rows: rows.get(pk=1).country, ""),
}


@pytest.mark.parametrize(("read", "before"), READS.values(), ids=READS)
def test_the_second_does_not_see_what_a_block_of_the_first_has_not_written(read: Any, before: Any) -> None:
    Maker.objects.create(pk=1, name="Ada")
    with transaction.atomic():
        Maker.objects.create(name="Bob")
        Maker.objects.filter(pk=1).update(country="at")
        Product.objects.create(name="a", maker_id=1)
        assert read(SECOND.all()) == before != read(Maker.objects.all())
    assert read(SECOND.all()) == read(Maker.objects.all()) != before


def test_a_change_by_the_second_belongs_to_no_block_of_the_first() -> None:
    with transaction.atomic():
        Maker.objects.create(name="Ada")
        with counted() as costs:
            SECOND.create(name="Bob")
        assert len(costs.requests) == 1
        assert [maker.name for maker in SECOND.all()] == ["Bob"]
        assert SECOND.filter(name="Bob").update(country="at") == 1
        assert SECOND.filter(name="Ada").delete() == (0, {})
        transaction.set_rollback(True)
    assert list(Maker.objects.values_list("name", "country")) == [("Bob", "at")]


def test_each_has_a_block_of_its_own() -> None:
    with transaction.atomic(), transaction.atomic(using="second"):
        Maker.objects.create(name="Ada")
        SECOND.create(name="Bob")
        assert Maker.objects.filter(name="Ada").exists()
        assert not SECOND.filter(name="Ada").exists()
    assert sorted(SECOND.values_list("name", flat=True)) == ["Ada", "Bob"]


def test_the_one_change_of_a_block_is_not_kept_for_the_block_around_it() -> None:
    with transaction.atomic():
        Product.objects.create(name="a")
        with transaction.atomic(using="second"):
            SECOND.create(name="Ada")
        assert connections["default"].staged.length == 1  # type: ignore[attr-defined]
        transaction.set_rollback(True)
    assert (Maker.objects.count(), Product.objects.count()) == (1, 0)


def test_a_block_that_computed_from_a_row_that_the_second_changed_is_refused() -> None:
    product = Product.objects.create(name="a", stock=1)

    @transaction.atomic
    def multiply() -> None:
        Product.objects.update(stock=F("stock") * 10)
        Product.objects.using("second").filter(pk=product.pk).update(stock=5)

    with pytest.raises(OperationalError):
        multiply()
    assert Product.objects.get().stock == 5
