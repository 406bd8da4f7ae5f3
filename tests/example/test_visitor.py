"""What the check of the demo does with pages, and that it reports what is not as promised."""

from __future__ import annotations

import httpx2 as httpx
import pytest

PAGE = """
<form action="/search"><input name="q" value="x"></form>
<form method="post" action="/out/"><input type="hidden" name="csrfmiddlewaretoken" value="t1"></form>
<form method="post"><input type="hidden" name="csrfmiddlewaretoken" value="t2"><input name="name" value="A &amp; B">
<input type="checkbox" name="tags" value="1" checked><input type="checkbox" name="tags" value="2">
<input type="checkbox" name="tags" value="3" checked><input type="checkbox" name="public">
<select name="kind"><option value="a">A</option><option value="b" selected>B</option></select>
<textarea name="text">
first
second</textarea><button name="_save" value="Save">Save</button></form>
"""


@pytest.fixture
def visitor(site):
    from demo.visitor import Visitor

    def respond(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, text=request.content.decode())
        return httpx.Response(200, text=PAGE, headers={"X-Cache-Status": "HIT"})

    said: list[str] = []
    client = httpx.Client(base_url="http://site.example", transport=httpx.MockTransport(respond))
    visitor = Visitor(client, said.append)
    visitor.said = said
    return visitor


def test_a_form_is_sent_as_a_browser_would(visitor) -> None:
    sent = visitor.submit("/page/", {"name": "New", "_save": "Save"}, status=200)
    assert sent.request.url.path == "/page/"
    assert sent.text == "csrfmiddlewaretoken=t2&name=New&tags=1&tags=3&kind=b&text=first%0Asecond&_save=Save"
    assert visitor.submit("/page/", {}, action="/out/", status=200).text == "csrfmiddlewaretoken=t1"
    assert visitor.problems == []


def test_what_is_not_as_promised_is_reported(visitor) -> None:
    visitor.ask("/page/", "HIT", says="A &amp; B")
    assert visitor.problems == []
    visitor.ask("/page/", "MISS", status=404, says="nothing of the kind")
    assert visitor.problems == [
        "GET /page/: expected 404, got 200.",
        "GET /page/: expected MISS, got HIT.",
        "GET /page/: expected the text 'nothing of the kind'.",
    ]
    assert visitor.said[0] == "GET    /page/                                     200  X-Cache-Status: HIT"


def test_a_form_that_is_missing_is_reported(visitor) -> None:
    visitor.submit("/page/", {"price": "1"})
    assert visitor.problems == ["GET /page/: The page has no form with price to itself."]


def test_every_part_of_the_tour_finds_a_broken_site(site) -> None:
    """A site that responds to everything with an empty page fails in every part."""
    from demo import tour
    from demo.visitor import Visitor

    empty = httpx.MockTransport(lambda request: httpx.Response(200, json={"results": [], "next": None}))
    parts = [tour.pages, tour.products_api, tour.shop, tour.airports, tour.guide, tour.rest, tour.notes, tour.live]
    for part in [*parts, tour.admin, tour.admin_without_user, tour.errors]:
        visitor = Visitor(httpx.Client(base_url="http://site.example", transport=empty), lambda line: None)
        part(visitor)
        assert visitor.problems, part.__name__
