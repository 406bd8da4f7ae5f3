"""The example project in a browser: each page on a desktop and a phone, light and dark."""

from __future__ import annotations

import pytest
from selenium.webdriver import Keys

from tests.browser.tour import address, airports, products, site  # noqa: F401
from tests.browser.window import Window

NOT_FOUND = "Failed to load resource: the server responded with a status of 404 (Not Found)"
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
    "together": "/together/",
    "notes": "/notes/",
    "live": "/live/",
    "guide": "/guide/",
    "guide-statistics": "/guide/statistics/",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page(window: Window, name: str) -> None:
    from shop.models import Maker, Order, Product
    from shop.orders import place

    place("Ada", dict.fromkeys(Product.objects.all()[:2], 1))
    first = {model._meta.model_name: model.objects.first().pk for model in (Maker, Order, Product)}
    window.open(PAGES[name].format(**first))
    window.inspect(f"tour-{name}")


@pytest.mark.parametrize("path", ["", "products/", "orders/"])
def test_a_page_of_the_api(window: Window, path: str) -> None:
    """But for the bar, its markup is that of REST framework, with some styles that the site's policy refuses."""
    window.open(f"/api/{path}")
    window.inspect(f"tour-api-{path.strip('/') or 'root'}", within=".bar")
    assert [error for error in window.take_errors() if "Applying inline style" not in error] == []


def test_a_page_that_is_not_there(window: Window) -> None:
    window.open("/shop/nothing/")
    window.inspect("tour-404")
    assert window.element("h1").text == "There is no such page"
    assert window.take_errors() == [f"{window.address}/shop/nothing/ - {NOT_FOUND}"]


def test_the_bar_says_where_a_page_came_from(window: Window) -> None:
    window.open("/shop/")
    assert window.element(".bar .source").text == "From Appwrite"
    window.leaving(window.driver.refresh)
    assert window.element(".bar .source").text == "All from the cache"
    assert "0 requests to Appwrite" in window.element(".bar").text
    window.element(".bar summary").click()
    window.inspect("tour-reads")
    window.resize(1280)
    window.leaving(window.element(".bar-code").click)
    assert window.element("h1").text.startswith("The code of")


def test_errors_of_a_form_are_beside_its_fields(window: Window) -> None:
    window.open("/shop/add/")
    window.tab_to("#id_name")
    window.submit()
    window.inspect("tour-form-errors")
    assert window.texts(".field .errorlist")[0] == "This field is required."
    assert window.element("#id_name").get_attribute("aria-invalid") == "true"
    window.take_errors()


def test_a_product_is_added_edited_and_deleted_by_keyboard(window: Window) -> None:
    from shop.models import Product

    window.open("/shop/")
    window.tab_to(".heading a.button")
    window.submit()
    window.tab_to("#id_name")
    window.type("A Kite for Rain")
    window.tab_to("#id_category")
    window.press("Games")
    window.tab_to("#id_price")
    window.type("12.50")
    window.tab_to("#id_stock")
    window.type("2")
    window.tab_to("form .actions button")
    window.submit()
    assert window.element("h1").text == "A Kite for Rain"

    window.tab_to("a[href$='/edit/']")
    window.submit()
    window.tab_to("#id_name")
    window.type("A Kite for Fog")
    window.submit()
    assert window.element("h1").text == "A Kite for Fog"

    window.tab_to("a[href$='/delete/']")
    window.submit()
    window.tab_to("main form button")
    window.submit()
    assert window.path == "/shop/"
    assert not Product.objects.filter(name__startswith="A Kite").exists()


def test_an_order_that_is_too_large_is_refused_and_a_smaller_one_placed(window: Window) -> None:
    from shop.models import Order, Product

    product = Product.objects.get(name="Lighthouse")
    window.open(f"/shop/{product.pk}/")
    window.leaving(window.element("a[href*='/orders/add/']").click)
    window.tab_to("#id_customer")
    window.type("Ada")
    window.tab_to("#id_form-0-quantity")
    window.type(str(product.stock + 1))
    window.submit()
    window.inspect("tour-sold-out")
    window.resize(1280)
    assert "Not enough of Lighthouse" in window.element("main").text
    window.take_errors()
    window.tab_to("#id_form-0-quantity")
    window.type(str(product.stock))
    window.submit()
    assert Order.objects.get().total == product.price * product.stock
    assert Product.objects.get(pk=product.pk).stock == 0
    window.inspect("tour-ordered")


def test_the_live_page_shows_what_is_done_in_another_window(window: Window) -> None:
    window.open("/live/")
    live = window.driver.current_window_handle
    state = window.element("[data-live-state]")
    window.wait(lambda: state.text.startswith("Listening"), "the page does not listen")
    window.driver.switch_to.new_window("window")
    window.open("/airports/EGLL/edit/")
    window.tab_to("#id_elevation")
    window.type("99")
    window.submit()
    window.driver.switch_to.window(live)
    window.wait(lambda: "London Heathrow Airport" in window.element("[data-live-list]").text, "no change is shown")
    assert "99 ft" in window.element("[data-live-list]").text
    window.inspect("tour-live-change")


def test_a_section_of_the_guide_shows_what_came_back(window: Window) -> None:
    window.open("/guide/")
    window.leaving(window.element(".card a").click)
    send = "[data-try] .actions button"
    for status in ("MISS", "HIT"):
        window.tab_to(send)
        window.press(Keys.ENTER)
        window.wait(lambda status=status: status in window.element("[data-try-responses]").text, f"no {status}")
    window.inspect("tour-guide-section")


def test_the_demo_user_looks_after_the_shop_in_the_admin(window: Window) -> None:
    from demo.users import ensure_demo_user

    ensure_demo_user()
    window.open("/admin/")
    window.inspect("tour-admin-login")
    window.resize(1280)
    window.tab_to("#id_username")
    window.type("demo")
    window.tab_to("#id_password")
    window.type("demo")
    window.submit()
    window.inspect("tour-admin")
    window.open("/admin/shop/product/")
    window.inspect("tour-admin-products")
    window.resize(1280)
    window.tab_to("#result_list th.field-name a")
    window.submit()
    window.inspect("tour-admin-product")
