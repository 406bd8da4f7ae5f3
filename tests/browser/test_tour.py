"""The example project in a browser: each page on a desktop and a phone, light and dark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser import sites
from tests.browser.window import Window
from tests.example.conftest import airports, products, site  # noqa: F401

PAGES = {
    "home": "/",
    "code": "/code/home/",
    "shop": "/shop/",
    "shop-nothing": "/shop/?q=submarine",
    "shop-add": "/shop/add/",
    "product": "/shop/{product}/",
    "product-edit": "/shop/{product}/edit/",
    "product-delete": "/shop/{product}/delete/",
    "review-add": "/shop/{product}/review/",
    "makers": "/shop/makers/",
    "maker": "/shop/makers/{maker}/",
    "maker-delete": "/shop/makers/{maker}/delete/",
    "tags": "/shop/tags/",
    "orders": "/shop/orders/",
    "order": "/shop/orders/{order}/",
    "order-add": "/shop/orders/add/?product={product}",
    "airports": "/airports/",
    "country": "/airports/country/GB/",
    "airport": "/airports/EGLL/",
    "airport-add": "/airports/add/",
    "airport-delete": "/airports/EGLL/delete/",
    "airports-all": "/airports/all/",
    "airports-search": "/airports/search/?q=london",
    "airports-nothing": "/airports/search/?q=submarine",
}


@pytest.fixture
def address(site: None, products: list, airports: list) -> Iterator[str]:  # noqa: F811
    with sites.serving() as address:
        yield address


@pytest.mark.parametrize("name", PAGES)
def test_a_page(window: Window, name: str) -> None:
    from shop.models import Maker, Order, Product
    from shop.orders import place

    place("Ada", dict.fromkeys(Product.objects.all()[:2], 1))
    first = {model._meta.model_name: model.objects.first().pk for model in (Maker, Order, Product)}
    window.open(PAGES[name].format(**first))
    window.inspect(f"tour-{name}")
