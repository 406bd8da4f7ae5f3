"""The admin of the shop, and the demo user who may sign in to it."""

from __future__ import annotations

import pytest
from django.test import Client

from django_appwrite_orm import orm
from django_appwrite_orm.contrib.assertions import assert_num_appwrite_requests


@pytest.fixture
def browser(products, settings) -> Client:
    from demo.users import ensure_demo_user

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    ensure_demo_user()
    return Client()


@pytest.fixture
def demo(browser: Client) -> Client:
    assert browser.login(username="demo", password="demo")
    return browser


def test_the_demo_user_signs_in_by_what_the_page_says(browser: Client) -> None:
    page = browser.get("/admin/", follow=True).content.decode()
    assert "<b>demo</b>, with the password <b>demo</b>" in page
    response = browser.post("/admin/login/?next=/admin/", {"username": "demo", "password": "demo", "next": "/admin/"})
    assert response["Location"] == "/admin/"
    assert "The shop&#x27;s admin" in browser.get("/admin/").content.decode()
    assert "type <b>demo</b>" in browser.get("/").content.decode()


def test_a_user_that_is_there_is_left_alone(browser: Client) -> None:
    from demo.users import ensure_demo_user
    from django.contrib.auth.models import User

    user = User.objects.get()
    user.set_password("better")
    user.save()
    ensure_demo_user()
    assert User.objects.get().check_password("better")


def test_a_server_gets_no_user_whose_password_is_known(site, settings) -> None:
    from demo.users import ensure_demo_user
    from django.contrib.auth.models import User

    account = {"PROJECT_ID": "p", "API_KEY": "k", "DATABASE_ID": "example", "RETRIES": 0}
    local = settings.APPWRITE_ORM
    settings.APPWRITE_ORM = {"default": {"ENDPOINT": "http://127.0.0.1:9/v1", **account}}
    assert "manage.py createsuperuser" in ensure_demo_user()  # without a request, which would fail
    page = Client().get("/admin/login/").content.decode()
    assert "manage.py createsuperuser" in page
    assert "demo</b>" not in page
    settings.APPWRITE_ORM = local
    assert not User.objects.exists()


@pytest.mark.parametrize("model", ["product", "maker", "tag", "review", "order"])
def test_lists_searches_and_forms(demo: Client, products, model: str) -> None:
    from shop.orders import place

    place("Ann", {next(product for product in products if product.stock): 1})
    listed = demo.get(f"/admin/shop/{model}/")
    assert listed.status_code == 200
    rows = listed.context["cl"].result_list
    assert len(rows) > 0
    assert demo.get(f"/admin/shop/{model}/?q=a").status_code == 200
    assert demo.get(f"/admin/shop/{model}/{rows[0].pk}/change/").status_code == 200
    assert demo.get(f"/admin/shop/{model}/add/").status_code == (403 if model == "order" else 200)


@pytest.mark.parametrize("query", ["category__exact=music", "tags__id__exact={tag}", "maker__id__exact={maker}"])
def test_filters_of_products(demo: Client, query: str) -> None:
    from shop.models import Maker, Tag

    path = "/admin/shop/product/?" + query.format(tag=Tag.objects.first().pk, maker=Maker.objects.first().pk)
    assert 0 < demo.get(path).context["cl"].result_count < 59


def test_orders_are_cancelled_and_nothing_else(demo: Client, products) -> None:
    from shop.models import Order
    from shop.orders import place

    product = next(product for product in products if product.stock)
    order = place("Ann", {product: 1})
    again = {"action": "cancel", "_selected_action": [order.pk]}
    for number in (1, 0):
        page = demo.post("/admin/shop/order/", again, follow=True).content.decode()
        assert f"Cancelled: {number}." in page
    assert Order.objects.get().state == Order.State.CANCELLED
    stock = product.stock
    product.refresh_from_db()
    assert product.stock == stock
    page = demo.get(f"/admin/shop/order/{order.pk}/change/").content.decode()
    assert 'name="_save"' not in page
    assert demo.post(f"/admin/shop/order/{order.pk}/delete/", {"post": "yes"}).status_code == 403


def test_pages_of_the_admin_have_the_bar(demo: Client) -> None:
    page = demo.get("/admin/shop/product/").content.decode()
    assert page.count('class="bar"') == 1
    assert "/static/bar.css" in page
    assert "/code/" not in page


@pytest.mark.parametrize(
    ("path", "requests"),
    [
        ("/admin/", 2),  # the user, the log
        ("/admin/shop/product/", 6),  # the user, the filters (2), the number of rows, a page with its makers (1 + 1)
        # the user, the product, its tags to choose (2) and to compare (1), its maker, all tags, the content type
        ("/admin/shop/product/{pk}/change/", 8),
        ("/admin/shop/maker/", 3),
        ("/admin/shop/review/", 4),
        ("/admin/shop/order/", 3),
    ],
)
def test_requests_of_a_page(demo: Client, products, path: str, requests: int) -> None:
    from django.contrib.contenttypes.models import ContentType

    ContentType.objects.clear_cache()
    orm.clear_caches()  # the session is in Django's cache
    path = path.format(pk=products[0].pk)
    with assert_num_appwrite_requests(requests):
        assert demo.get(path).status_code == 200
    with assert_num_appwrite_requests(0):
        assert demo.get(path)["X-Cache-Status"] == "HIT"


def test_a_page_that_is_not_allowed(demo: Client) -> None:
    response = demo.get("/admin/shop/order/add/")
    assert response.status_code == 403
    assert "This is not for you" in response.content.decode()
