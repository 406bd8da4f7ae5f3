"""Orders: all of one or nothing, never more than there is, and back into the stock."""

from __future__ import annotations

import threading

import pytest
from django.test import Client


@pytest.fixture
def some(products) -> list:
    """Three products with enough in stock, and one that is sold out."""
    enough = [product for product in products if product.stock > 3][:3]
    return [*enough, next(product for product in products if not product.stock)]


def order(browser: Client, *lines: tuple[object, int], customer: str = "Ann"):
    values: dict[str, object] = {"customer": customer, "form-TOTAL_FORMS": 3, "form-INITIAL_FORMS": 0}
    for number, (product, quantity) in enumerate(lines):
        values |= {f"form-{number}-product": product.pk, f"form-{number}-quantity": quantity}
    return browser.post(f"/shop/orders/add/?product={values.get('form-0-product', '')}", values)


def stock(product) -> int:
    product.refresh_from_db()
    return product.stock


def test_an_order_takes_its_pieces(some) -> None:
    from shop.models import Order

    browser = Client()
    before = [stock(product) for product in some]
    response = order(browser, (some[0], 2), (some[1], 1), (some[0], 1))
    assert response.status_code == 302
    page = browser.get(response["Location"]).content.decode()
    assert "The order was placed." in page
    assert [stock(product) for product in some] == [before[0] - 3, before[1] - 1, *before[2:]]
    made = Order.objects.get()
    assert made.total == 3 * some[0].price + some[1].price
    assert {(line.product_id, line.quantity) for line in made.lines.all()} == {(some[0].pk, 3), (some[1].pk, 1)}
    assert "Ann" in browser.get("/shop/orders/").content.decode()


@pytest.mark.parametrize("short", ["sold out", "too many"])
def test_what_is_sold_out_leaves_everything_as_it_was(some, short: str) -> None:
    from shop.models import Order, OrderLine

    before = [stock(product) for product in some]
    response = order(Client(), (some[0], 1), (some[3], 1) if short == "sold out" else (some[1], 1000))
    assert response.status_code == 400
    name = some[3].name if short == "sold out" else some[1].name
    assert f"Not enough of {name}" in response.content.decode().replace("&#x27;", "'")
    assert "Nothing was ordered." in response.content.decode()
    assert [stock(product) for product in some] == before
    assert not Order.objects.exists()
    assert not OrderLine.objects.exists()


@pytest.mark.parametrize(
    ("lines", "text"),
    [([], "Choose at least one product."), ([(0, 0)], "greater than or equal to 1"), ([(0, "x")], "whole number")],
)
def test_an_order_that_cannot_be_read(some, lines, text: str) -> None:
    response = order(Client(), *[(some[product], quantity) for product, quantity in lines])
    assert response.status_code == 400
    assert text in response.content.decode()


def test_an_order_needs_a_name(some) -> None:
    assert order(Client(), (some[0], 1), customer="").status_code == 400


def test_the_product_of_the_page_is_in_the_first_line(some) -> None:
    assert f'<option value="{some[0].pk}" selected>' in (
        Client().get("/shop/orders/add/", {"product": some[0].pk}).content.decode()
    )
    assert Client().get("/shop/orders/add/?product=x").status_code == 200


def test_a_cancelled_order_gives_its_pieces_back_once(some) -> None:
    from shop.models import Order

    browser = Client()
    before = [stock(product) for product in some]
    order(browser, (some[0], 2), (some[1], 1))
    path = f"/shop/orders/{Order.objects.get().pk}/"
    assert "Cancel the order" in browser.get(path).content.decode()
    browser.post(f"{path}cancel/")
    page = browser.get(path).content.decode()
    assert "in stock again" in page
    assert "Cancel the order" not in page
    browser.post(f"{path}cancel/")
    assert "was cancelled before" in browser.get(path).content.decode()
    assert [stock(product) for product in some] == before
    assert browser.get(f"{path}cancel/").status_code == 405


def test_many_who_buy_the_last_pieces_get_no_more_than_there_are(some) -> None:
    from django.db import connection
    from shop.models import Order, Product
    from shop.orders import SoldOut, place

    product = some[0]
    Product.objects.filter(pk=product.pk).update(stock=3)
    outcomes: list[str] = []
    start = threading.Barrier(5)

    def buy() -> None:
        start.wait()
        try:
            place("somebody", {product: 1})
            outcomes.append("bought")
        except SoldOut:
            outcomes.append("sold out")
        finally:
            connection.close()

    threads = [threading.Thread(target=buy) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["bought"] * 3 + ["sold out"] * 2
    assert stock(product) == 0
    assert Order.objects.count() == 3


def test_an_ordered_product_stays(some) -> None:
    browser = Client()
    order(browser, (some[0], 1))
    response = browser.post(f"/shop/{some[0].pk}/delete/")
    assert "was not deleted: order lines refer to it." in browser.get(response["Location"]).content.decode()


def test_a_product_that_is_deleted_during_an_order_is_sold_out(some, monkeypatch) -> None:
    from shop import orders
    from shop.models import Order, Product

    product, attempts = some[0], []
    bulk_create = orders.OrderLine.objects.bulk_create

    def deleted_first(lines):
        attempts.append(1)
        thread = threading.Thread(target=_deleted, args=[Product, product.pk])
        thread.start()
        thread.join()
        return bulk_create(lines)

    monkeypatch.setattr(type(orders.OrderLine.objects), "bulk_create", lambda self, lines: deleted_first(lines))
    with pytest.raises(orders.SoldOut):
        orders.place("Ann", {product: 1})
    assert attempts == [1]
    assert not Order.objects.exists()


def _deleted(model, pk) -> None:
    """Delete a row in a thread, so outside the block of its starter."""
    from django.db import connection

    model.objects.filter(pk=pk)._raw_delete("default")
    connection.close()
