"""What the pages of the shop cost: requests to Appwrite with an empty cache; with a warm one none."""

from __future__ import annotations

import pytest
from django.test import Client

from django_appwrite_orm import orm
from django_appwrite_orm.contrib.assertions import assert_cache_hit, assert_num_appwrite_requests

# In a path, {product} is the key of a product, and so on.
REQUESTS = {
    "/": 2,
    "/shop/": 7,  # the count, a page with its makers and tags (1 + 1 + 2), the makers and tags of the search
    "/shop/?page=2": 7,
    "/shop/?q=a&category=books&order=-price": 7,
    "/shop/?maker={maker}&least=10": 7,
    "/shop/?tag={tag}": 8,
    "/shop/{product}/": 6,  # the product, its maker, its tags (2), its reviews, their average
    "/shop/add/": 2,
    "/shop/{product}/edit/": 5,
    "/shop/{product}/delete/": 1,
    "/shop/{product}/review/": 1,
    "/shop/reviews/{review}/edit/": 1,
    "/shop/makers/": 1,
    "/shop/makers/{maker}/": 4,
    "/shop/makers/{maker}/edit/": 1,
    "/shop/tags/": 1,
    "/shop/orders/": 2,
    "/shop/orders/{order}/": 3,
    "/shop/orders/add/": 1,
    "/products": 3,
}


@pytest.mark.parametrize("path", REQUESTS)
def test_requests_of_a_page(products, path: str) -> None:
    from shop.models import Maker, Review, Tag
    from shop.orders import place

    product = products[0]
    keys = {
        "product": product.pk,
        "maker": Maker.objects.first().pk,
        "tag": Tag.objects.first().pk,
        "review": Review.objects.first().pk,
        "order": place("Ann", {product: 1}).pk,
    }
    orm.clear_caches()
    browser, address = Client(), path.format(**keys)
    with assert_num_appwrite_requests(REQUESTS[path]):
        assert browser.get(address).status_code == 200
    with assert_num_appwrite_requests(0), assert_cache_hit():
        assert browser.get(address)["X-Cache-Status"] == "HIT"


def test_placing_and_cancelling(products) -> None:
    from shop.orders import cancel, place

    orm.clear_caches()
    product = next(product for product in products if product.stock)
    with assert_num_appwrite_requests(7):
        order = place("Ann", {product: 1})
    with assert_num_appwrite_requests(9):
        cancel(order)


def test_loading_the_samples(site) -> None:
    from shop import samples

    with assert_num_appwrite_requests(12):
        samples.load()
