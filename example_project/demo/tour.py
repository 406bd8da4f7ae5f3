"""All parts of the tour, visited as a client would: each page cold, warm and as a 304; changes; refusals."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from guide.sections import SECTIONS

from demo.users import NAME, PASSWORD
from demo.visitor import Visitor

# Pages of rows, which are asked for three times.
PAGES = (
    "/",
    "/products",
    "/shop/",
    "/shop/makers/",
    "/shop/tags/",
    "/shop/orders/",
    "/airports/",
    "/airports/map.svg",
    "/airports/country/US/",
    "/airports/country/FJ/?page=2",
    "/airports/all/",
    "/airports/all/?after=K",
    "/airports/search/?q=london&lowest=10&order=-elevation",
    "/airports/KJFK/",
    "/airports/NZSP/",
    "/guide/api/users",
    "/guide/api/users/conditional",
    "/api/products/",
    "/api/products/?ordering=-price",
    "/api/makers/",
    "/api/tags/",
    "/api/reviews/",
    "/api/orders/",
)
# Pages whose forms have a new token each time, or that read no rows.
OTHER_PAGES = (
    "/shop/add/",
    "/shop/orders/add/",
    "/airports/add/",
    "/airports/KJFK/edit/",
    "/airports/KJFK/delete/",
    "/guide/",
    "/guide/statistics/",
    "/notes/",
    "/live/",
    "/code/airports:index/",
)
NEW_PRODUCT = {"name": "Something New", "price": 7.5, "category": "games"}
NEW_AIRPORT = {"code": "ZZ_1", "name": "A Field of the Check", "country": "FJ", "elevation": "12"}
# Lines of the stream of events that may come before the one that is waited for: others change rows too.
_LINES = 60


def problems_of_the_tour(visitor: Visitor, *, has_demo_user: bool) -> list[str]:
    """Visit everything; return what was not as promised."""
    parts: list[Callable[[Visitor], None]] = [pages, products_api, shop, airports, guide, rest, together, notes, live]
    parts += [admin if has_demo_user else admin_without_user, errors]
    for part in parts:
        visitor.say(f"-- {part.__name__.replace('_', ' ')}")
        part(visitor)
    return visitor.problems


def pages(visitor: Visitor) -> None:
    for page in PAGES:
        visitor.ask(page)
        warm = visitor.ask(page, "HIT")
        visitor.ask(page, status=304, **{"If-None-Match": warm.headers.get("ETag", "")})
    for page in OTHER_PAGES:
        visitor.ask(page)


def products_api(visitor: Visitor) -> None:
    visitor.send("/products", json=NEW_PRODUCT, status=201)
    for cached in ("MISS", "HIT"):
        visitor.ask("/products", cached, says=str(NEW_PRODUCT["name"]))
    visitor.ask("/shop/?q=something", "MISS", says=str(NEW_PRODUCT["name"]))
    visitor.send("/products", json={"price": -1}, status=400, says='"price"')
    visitor.send("/products/refresh", json={}, says="Cache refreshed")


def shop(visitor: Visitor) -> None:
    """Edit a product, order it, cancel the order, and delete another product."""
    product = _id_of(visitor, "/shop/?q=something", r'href="/shop/(\d+)/"')
    visitor.submit(f"/shop/{product}/edit/", {"stock": "5"})
    visitor.submit(f"/shop/{product}/edit/", {"price": "-1"}, status=400)
    visitor.submit(f"/shop/{product}/review/", {"author": "A check", "rating": "5", "text": "As described."})
    visitor.ask(f"/shop/{product}/", says="As described.")
    order = {"customer": "A check", "form-0-product": product, "form-0-quantity": "2"}
    placed = visitor.submit("/shop/orders/add/", order)
    visitor.ask(f"/shop/{product}/", "MISS", says="<dt>In stock</dt><dd>3</dd>")
    sold_out = {**order, "form-0-quantity": "9"}
    visitor.submit("/shop/orders/add/", sold_out, status=400, says="Nothing was ordered")
    address = placed.headers.get("Location", "/")
    visitor.submit(address, {}, action="/cancel/")
    visitor.ask(f"/shop/{product}/", "MISS", says="<dt>In stock</dt><dd>5</dd>")
    other = visitor.send("/products", json={**NEW_PRODUCT, "name": "Another One"}, status=201).json().get("id")
    visitor.submit(f"/shop/{other}/delete/", {})
    visitor.ask(f"/shop/{other}/", status=404)


def airports(visitor: Visitor) -> None:
    values = {**NEW_AIRPORT, "latitude": "-17.5", "longitude": "178"}
    visitor.submit("/airports/add/", values)
    visitor.ask("/airports/ZZ_1/", says=NEW_AIRPORT["name"])
    visitor.submit("/airports/add/", values, status=400, says="already")
    visitor.submit("/airports/ZZ_1/edit/", {"city": "Nadi", "elevation": "13"})
    visitor.ask("/airports/ZZ_1/", "MISS", says="13 ft")
    visitor.submit("/airports/ZZ_1/edit/", {"latitude": "91"}, status=400)
    visitor.submit("/airports/ZZ_1/delete/", {})
    visitor.ask("/airports/ZZ_1/", status=404)
    visitor.ask("/airports/search/?lowest=high", status=400, says="Enter a number")


def guide(visitor: Visitor) -> None:
    """Send every request of every section, as its page does."""
    for section in SECTIONS:
        page = visitor.ask(f"/guide/{section.slug}/").text
        token = {"X-CSRFToken": _token(page)} if "csrfmiddlewaretoken" in page else {}
        for attempt in section.tries:
            if attempt.method == "GET":
                visitor.ask(attempt.url)
            elif attempt.body:
                body = json.loads(attempt.body.replace("%s", section.slug))
                visitor.send(attempt.url, json=body, status=400 if body["price"] < 0 else 201)
            else:
                status = 201 if attempt.view in ("users", "metrics") else 200
                visitor.send(attempt.url, data={}, status=status, **token)
    for button, says in (("reset", "begin at zero"), ("clear", "Cleared"), ("warm", "Warmed")):
        visitor.submit("/guide/statistics/", {}, action=f"/{button}/")
        visitor.ask("/guide/statistics/", says=says)
    visitor.ask("/guide/api/users")
    visitor.ask("/guide/api/users", "HIT")
    users = visitor.ask("/guide/api/statistics").json().get("users", {})
    visitor.expect(users.get("hits", 0) > 0, "GET /guide/api/statistics: expected hits of users.")


def rest(visitor: Visitor) -> None:
    made = visitor.send("/api/tags/", json={"name": "checked"}, status=201).json()
    address = f"/api/tags/{made.get('id')}/"
    visitor.send(address, method="PATCH", json={"name": "checked twice"}, says="checked twice")
    visitor.send("/api/tags/", json={"name": "checked twice"}, status=400, says='"name"')
    visitor.send(address, method="DELETE", status=204)
    visitor.ask(address, status=404)
    visitor.send("/api/tags/", data={"name": "from elsewhere"}, status=403)
    visitor.ask("/api/products/", says='class="bar"', Accept="text/html")
    rows, page = 0, "/api/products/?size=7"
    while page:
        body = visitor.ask(page).json()
        rows, page = rows + len(body["results"]), (body["next"] or "").partition("/api/")[2]
        page = page and f"/api/{page}"
    products = len(visitor.ask("/products").json())
    visitor.expect(rows == products, f"/api/products/: {rows} rows in all pages, and not {products}.")


def together(visitor: Visitor) -> None:
    visitor.ask("/together/")
    visitor.ask("/together/", "HIT")
    page = visitor.ask("/together/?distance=200&fresh=on", "BYPASS").text
    elapsed, slowest, added_up = (
        float(number.replace(",", "")) for number in re.findall(r"<dd>([\d.,]+) ms</dd>", page)
    )
    visitor.say(f"       8 reads in {elapsed} ms; the slowest took {slowest} ms, all in turn would take {added_up} ms")
    visitor.expect(elapsed < added_up / 2, "GET /together/: the reads did not wait at the same time.")


def notes(visitor: Visitor) -> None:
    """Two identities: what one writes the other reads only if it is public, and changes never."""
    _become(visitor, "ada")
    visitor.submit("/notes/", {"text": "A secret of Ada's"})
    visitor.submit("/notes/", {"text": "Ada says hello", "public": "on"})
    own = visitor.ask("/notes/").text
    visitor.ask("/notes/", "HIT", says="A secret of Ada")
    secret, public = (_note(own, text) for text in ("A secret of Ada", "Ada says hello"))
    _become(visitor, "grace")
    page = visitor.ask("/notes/", "MISS", says="Ada says hello").text
    visitor.expect("A secret of Ada" not in page, "GET /notes/: Grace reads what only Ada may read.")
    visitor.ask("/notes/", "HIT")
    visitor.ask(f"/notes/{secret}/edit/", status=404)
    visitor.submit(f"/notes/{public}/edit/", {"text": "Grace was here"}, status=403)
    _become(visitor, "ada")
    visitor.submit(f"/notes/{public}/edit/", {"text": "Ada says goodbye", "public": "on"})
    visitor.ask("/notes/", "MISS", says="Ada says goodbye")
    visitor.submit("/notes/", {}, action=f"/{secret}/delete/")
    _become(visitor, "")
    page = visitor.ask("/notes/", says="Ada says goodbye").text
    visitor.expect("<textarea" not in page, "GET /notes/: a guest is offered a form.")


def live(visitor: Visitor) -> None:
    """Open the stream of events, change an airport and order a product, and wait for both."""
    with visitor.client.stream("GET", "/live/events") as stream:
        visitor.say(f"GET    /live/events {stream.headers.get('Content-Type')}")
        lines = stream.iter_lines()
        if not visitor.expect("event: listening" in islice(lines, _LINES), "/live/events: it does not listen."):
            return
        visitor.submit("/live/", {}, action="/change/")
        change = _change(lines, "airports")
        visitor.expect(change.get("action") == "update", "/live/events: the change of an airport did not arrive.")
        visitor.say(f"       arrived: {change}")
        product = _id_of(visitor, "/shop/?q=something", r'href="/shop/(\d+)/"')
        visitor.submit(f"/shop/{product}/edit/", {"stock": "6"})
        change = _change(lines, "products")
        visitor.expect("6 in stock" in change.get("facts", ""), "/live/events: the change of a product did not arrive.")
        visitor.say(f"       arrived: {change}")


def admin(visitor: Visitor) -> None:
    """Sign in as the demo user, change a product, and sign out."""
    visitor.ask("/admin/", status=302)
    visitor.submit("/admin/login/?next=/admin/", {"username": NAME, "password": "wrong"}, status=200)
    visitor.submit("/admin/login/?next=/admin/", {"username": NAME, "password": PASSWORD})
    for page in ("/admin/", "/admin/shop/order/", "/admin/shop/maker/", "/admin/shop/product/?q=something"):
        visitor.ask(page)
    visitor.ask("/admin/shop/product/?q=something", says=str(NEW_PRODUCT["name"]))
    product = _id_of(visitor, "/admin/shop/product/?q=something", r"/admin/shop/product/(\d+)/change/")
    visitor.submit(f"/admin/shop/product/{product}/change/", {"stock": "8", "_save": "Save"})
    visitor.ask(f"/shop/{product}/", "MISS", says="<dt>In stock</dt><dd>8</dd>")
    visitor.submit("/admin/", {}, action="/logout/", status=200)


def admin_without_user(visitor: Visitor) -> None:
    """On a server there is no user with a known password."""
    visitor.ask("/admin/", status=302)
    visitor.ask("/admin/login/")


def errors(visitor: Visitor) -> None:
    visitor.ask("/nowhere/", status=404, says="There is no such page")
    visitor.ask("/shop/1/", status=404, says="There is no such page")
    visitor.send("/airports/add/", data=NEW_AIRPORT, status=403, says="The form was not accepted")
    visitor.ask("/guide/api/clear", status=405)
    visitor.ask("/api/nothing/", status=404)
    visitor.ask("/static/nothing.css", status=404)


def _become(visitor: Visitor, identity: str) -> None:
    visitor.submit("/notes/", {"identity": identity}, action="/identity/")


def _note(page: str, text: str) -> str:
    """The id of the note with the text."""
    match = re.search(r"/notes/([\w.-]+)/edit/", page[page.index(text) :]) if text in page else None
    return match[1] if match else "missing"


def _token(page: str) -> str:
    match = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    return match[1] if match else ""


def _id_of(visitor: Visitor, path: str, pattern: str) -> str:
    match = re.search(pattern, visitor.client.get(path).text)
    visitor.expect(match is not None, f"GET {path}: expected {pattern}.")
    return match[1] if match else "0"


def _change(lines: Iterator[str], table: str) -> dict[str, Any]:
    """The next change of the table; an empty dict if none arrives."""
    for line in islice(lines, _LINES):
        if line.startswith("data: {") and (change := json.loads(line[6:])).get("table") == table:
            return dict(change)
    return {}
