"""The shop as pages: list and search, one product, forms and their errors, deletion, empty states."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client

GOOD = {"name": "A Thing", "price": "7.5", "stock": "3", "category": "games", "attributes": "{}", "description": ""}
REVIEW = {"author": "Ada", "rating": "4", "text": "Good."}


@pytest.fixture
def browser(products) -> Client:
    return Client(enforce_csrf_checks=True)


def submit(browser: Client, path: str, **values: str | list[str]):
    page = browser.get(path).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token is not None
    return browser.post(path, {**values, "csrfmiddlewaretoken": token[1]})


def names(response) -> list[str]:
    return [product.name for product in response.context["page"]]


def test_list_and_its_status_for_people(browser: Client) -> None:
    first, second = (browser.get("/shop/") for _ in range(2))
    assert "Beekeepers" in first.content.decode()
    assert '<span class="source is-miss">From Appwrite</span>' in first.content.decode()
    assert '<span class="source is-hit">All from the cache</span>' in second.content.decode()
    assert (first["X-Cache-Status"], second["X-Cache-Status"]) == ("MISS", "HIT")


def test_the_pages_of_the_list_have_each_product_once(browser: Client, products) -> None:
    seen: list[str] = []
    for number in range(1, -(-len(products) // 12) + 1):
        seen += names(browser.get(f"/shop/?page={number}"))
    assert seen == [product.name for product in products]


@pytest.mark.parametrize(
    ("query", "matches"),
    [
        ({"category": "music"}, lambda product: product.category == "music"),
        ({"q": "iNk"}, lambda product: "ink" in product.name.lower()),
        ({"least": "100"}, lambda product: product.price >= 100),
        ({"least": "9", "most": "9.8"}, lambda product: 9 <= product.price <= 9.8),
        ({"maker": "Copperline"}, lambda product: product.maker.name == "Copperline"),
        ({"tag": "jazz"}, lambda product: "jazz" in [tag.name for tag in product.tags.all()]),
        ({"tag": "gift", "category": "books", "most": "20"}, None),
    ],
)
def test_filters(browser: Client, products, query: dict[str, str], matches) -> None:
    from shop.models import Maker, Tag

    for model, name in ((Maker, "maker"), (Tag, "tag")):
        if name in query:
            query = {**query, name: str(model.objects.get(name=query[name]).pk)}
    if matches is None:
        expected = ["A Field Guide to Clouds"]
    else:
        expected = [product.name for product in products if matches(product)]
    assert expected
    assert names(browser.get("/shop/", query)) == expected[:12]


@pytest.mark.parametrize(
    ("order", "key"),
    [("price", lambda product: product.price), ("-price", lambda product: -product.price)],
)
def test_orders(browser: Client, products, order: str, key) -> None:
    prices = [key(product) for product in browser.get("/shop/", {"order": order}).context["page"]]
    assert prices == sorted(map(key, products))[:12]


@pytest.mark.parametrize(
    "query",
    [
        {"category": "cars"},
        {"maker": "x"},
        {"maker": "0"},
        {"tag": "9" * 30},
        {"least": "many"},
        {"most": "-1"},
        {"order": "stock"},
        {"q": "\0"},
        {"q": "x" * 5000},
        {"page": "9999"},
        {"page": "x"},
    ],
)
def test_a_search_that_cannot_be_read_is_a_page(browser: Client, query: dict[str, str]) -> None:
    assert browser.get("/shop/", query).status_code == 200


def test_a_search_without_results_says_so(browser: Client) -> None:
    page = browser.get("/shop/?q=zzzz").content.decode()
    assert "No product is like that." in page
    assert "Show all products" in page


def test_the_pages_of_a_search_keep_the_search(browser: Client) -> None:
    page = browser.get("/shop/?category=stationery&order=price&page=1").content.decode()
    assert 'href="?category=stationery&amp;order=price&amp;page=2"' in page


def test_a_product_with_its_rating_and_reviews(browser: Client, products) -> None:
    from shop.models import Review

    for product in products[:4]:
        ratings = [review.rating for review in Review.objects.filter(product=product)]
        page = browser.get(f"/shop/{product.pk}/")
        assert product.name in page.content.decode()
        assert page.context["rating"] == {"average": sum(ratings) / len(ratings), "number": len(ratings)}


@pytest.mark.parametrize(
    "path",
    [
        "/shop/nowhere/",
        "/shop/0/",
        "/shop/1/",
        "/shop/" + "9" * 30 + "/",
        "/shop/" + "9" * 5000 + "/",
        "/shop/1/edit/",
        "/shop/1/delete/",
        "/shop/1/review/",
        "/shop/reviews/1/edit/",
        "/shop/makers/1/",
        "/shop/tags/1/edit/",
        "/shop/orders/1/",
    ],
)
def test_what_is_not_there_is_not_found(browser: Client, path: str) -> None:
    assert browser.get(path).status_code == 404


def test_add(browser: Client) -> None:
    from shop.models import Maker, Tag

    maker, tags = Maker.objects.first(), Tag.objects.all()[:2]
    browser.get("/shop/")
    response = submit(
        browser,
        "/shop/add/",
        **GOOD | {"maker": str(maker.pk), "tags": [str(tag.pk) for tag in tags], "attributes": '{"pages": 3}'},
    )
    assert response.status_code == 302
    page = browser.get(response["Location"]).content.decode()
    for text in ("Added.", "A Thing", "€ 7.50", "Pages", maker.name, *(tag.name for tag in tags)):
        assert html.escape(text) in page
    assert "A Thing" in names(browser.get("/shop/"))
    (added,) = [row for row in browser.get("/products").json() if row["name"] == "A Thing"]
    assert (added["price"], added["stock"], added["tags"]) == (7.5, 3, sorted(tag.name for tag in tags))


def test_change(browser: Client, products) -> None:
    product = products[0]
    browser.get(f"/shop/{product.pk}/")
    response = submit(browser, f"/shop/{product.pk}/edit/", **GOOD, maker="")
    page = browser.get(response["Location"]).content.decode()
    assert "Saved." in page
    assert "A Thing" in page
    assert product.name not in names(browser.get("/shop/"))


def test_delete_takes_the_reviews_along(browser: Client, products) -> None:
    from shop.models import Review

    product = products[0]
    assert Review.objects.filter(product=product).exists()
    assert "Delete this product?" in browser.get(f"/shop/{product.pk}/delete/").content.decode()
    assert submit(browser, f"/shop/{product.pk}/delete/").status_code == 302
    page = browser.get("/shop/")
    assert product.name not in names(page)
    assert "was deleted." in page.content.decode()
    assert not Review.objects.filter(product_id=product.pk).exists()


def test_a_maker_with_products_stays(browser: Client) -> None:
    from shop.models import Maker

    maker = Maker.objects.first()
    response = submit(browser, f"/shop/makers/{maker.pk}/delete/")
    assert "was not deleted: products refer to it." in browser.get(response["Location"]).content.decode()
    assert Maker.objects.filter(pk=maker.pk).exists()


@pytest.mark.parametrize(
    ("kind", "values"), [("makers", {"name": "Nobody", "place": "", "about": ""}), ("tags", {"name": "odd"})]
)
def test_makers_and_tags_are_added_changed_and_deleted(browser: Client, kind: str, values: dict[str, str]) -> None:
    from shop.models import Maker, Tag

    model = {"makers": Maker, "tags": Tag}[kind]
    assert submit(browser, f"/shop/{kind}/add/", **values).status_code == 302
    assert values["name"] in browser.get(f"/shop/{kind}/").content.decode()
    pk = model.objects.get(name=values["name"]).pk
    assert submit(browser, f"/shop/{kind}/{pk}/edit/", **values | {"name": "Else"}).status_code == 302
    assert "Else" in browser.get(f"/shop/{kind}/").content.decode()
    assert submit(browser, f"/shop/{kind}/{pk}/delete/").status_code == 302
    assert "Else was deleted." in browser.get(f"/shop/{kind}/").content.decode()
    assert not model.objects.filter(pk=pk).exists()


def test_reviews_are_added_changed_and_deleted(browser: Client, products) -> None:
    from shop.models import Review

    product = products[0]
    before = browser.get(f"/shop/{product.pk}/").context["rating"]["number"]
    response = submit(browser, f"/shop/{product.pk}/review/", **REVIEW)
    assert browser.get(response["Location"]).context["rating"]["number"] == before + 1
    review = Review.objects.get(text="Good.")
    response = submit(browser, f"/shop/reviews/{review.pk}/edit/", **REVIEW | {"text": "Not so good.", "rating": "1"})
    assert "Not so good." in browser.get(response["Location"]).content.decode()
    response = submit(browser, f"/shop/reviews/{review.pk}/delete/")
    assert browser.get(response["Location"]).context["rating"]["number"] == before


def test_all_errors_stand_beside_their_fields_at_once(browser: Client, products) -> None:
    from shop.models import Product

    wrong = {"name": "", "price": "-3", "stock": "many", "tags": "x", "category": "cars", "maker": "1"}
    response = submit(browser, "/shop/add/", **wrong, attributes="[1]")
    assert response.status_code == 400
    fields = response.content.decode().split('<div class="field">')[1:]
    assert [bool("errorlist" in field) for field in fields] == [True] * 7 + [False]
    assert "greater than or equal to 0" in fields[3]
    assert "A JSON object of names and values." in fields[6]
    assert Product.objects.count() == len(products)


@pytest.mark.parametrize("attributes", ["{", "[1]", '"text"', "3", '{"method": "increment"}'])
def test_odd_attributes(browser: Client, attributes: str) -> None:
    response = submit(browser, "/shop/add/", **GOOD | {"attributes": attributes})
    assert response.status_code == (302 if "method" in attributes else 400)


def test_a_name_that_is_taken(browser: Client) -> None:
    submit(browser, "/shop/add/", **GOOD)
    response = submit(browser, "/shop/add/", **GOOD)
    assert response.status_code == 400
    assert "Product with this Name already exists." in response.content.decode()


def test_a_name_that_somebody_takes_at_the_same_moment(browser: Client, monkeypatch) -> None:
    from shop.models import Product

    submit(browser, "/shop/add/", **GOOD)
    monkeypatch.setattr(Product, "validate_unique", lambda self, exclude=None: None)
    response = submit(browser, "/shop/add/", **GOOD)
    assert response.status_code == 400
    assert "Nothing was saved." in response.content.decode()
    assert Product.objects.filter(name="A Thing").count() == 1


def test_the_form_needs_its_token(browser: Client, products) -> None:
    assert browser.post("/shop/add/", GOOD).status_code == 403
    assert len(browser.get("/products").json()) == len(products)


def test_text_stays_text(browser: Client) -> None:
    hostile = {"name": "<script>alert(1)</script>", "description": '"><img src=x>', "attributes": '{"<b>": "<i>"}'}
    response = submit(browser, "/shop/add/", **GOOD | hostile)
    page = browser.get(response["Location"]).content.decode()
    for markup in ("<script>", "<img", "<b>:", "<i>"):
        assert markup not in page


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/shop/",
        "/shop/add/",
        "/shop/makers/",
        "/shop/tags/",
        "/shop/orders/",
        "/shop/orders/add/",
        "/airports/",
        "/airports/search/?q=x",
        "/code/shop:add/",
        "/nowhere/",
    ],
)
def test_no_inline_style_or_script(browser: Client, path: str) -> None:
    page = browser.get(path).content.decode()
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", page)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/shop/", "No products yet."),
        ("/shop/makers/", "No makers yet."),
        ("/shop/tags/", "No tags yet."),
        ("/shop/orders/", "No orders yet."),
    ],
)
def test_an_empty_list_says_how_to_begin(site, path: str, text: str) -> None:
    page = Client().get(path).content.decode()
    assert text in page
    assert re.search(r"(Add|Place) one</a>", page)


def test_the_front_page_reads_two_tables(browser: Client) -> None:
    assert browser.get("/")["X-Cache-Table"] == "products, countries"
    assert browser.get("/")["X-Cache-Status"] == "HIT"


def test_an_appwrite_that_is_gone(browser: Client, settings) -> None:
    account = {"PROJECT_ID": "p", "API_KEY": "k", "DATABASE_ID": "example", "RETRIES": 0}
    settings.APPWRITE_ORM = {"default": {"ENDPOINT": "http://127.0.0.1:9/v1", **account}}
    assert browser.get("/shop/").status_code == 503
    refused = browser.get("/products", headers={"accept": "application/json"})
    assert (refused.status_code, list(refused.json())) == (503, ["error"])
