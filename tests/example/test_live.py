"""The live page: a stream of events from Appwrite's own reports, which ends with its client."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.test import Client

from django_appwrite_orm import orm
from django_appwrite_orm.contrib.testing import assert_num_appwrite_requests


@pytest.fixture
def browser(airports) -> Iterator[Client]:
    yield Client()
    orm.close_listeners()


@contextmanager
def opened(browser: Client) -> Iterator[Iterator[str]]:
    """The blocks of a stream, the first of which says that it listens."""
    response = browser.get("/live/events")
    assert (response.status_code, response["Content-Type"]) == (200, "text/event-stream")
    try:
        blocks = (block.decode() for block in response.streaming_content)
        assert next(blocks) == "retry: 2000\n\n"
        while "listening" not in next(blocks):
            pass
        yield blocks
    finally:
        response.close()


def data(block: str) -> dict:
    event, _, text = block.strip().partition("\ndata: ")
    assert event == "event: change"
    return json.loads(text)


def listeners() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("appwrite-listen")]


def test_an_edit_arrives_on_an_open_page(browser: Client, airports) -> None:
    with opened(browser) as blocks:
        row = airports[0]
        row.elevation = 1234.0
        row.save()
        change = data(next(blocks))
    assert (change["action"], change["table"], change["name"]) == ("update", "airports", row.name)
    assert change["facts"].startswith("1,234 ft")


def test_every_open_page_gets_a_change(browser: Client, airports) -> None:
    with opened(browser) as first, opened(Client()) as second:
        browser.post("/live/change/")
        assert data(next(first)) == data(next(second))


def test_an_order_and_its_stock_arrive_without_its_customer(browser: Client, products) -> None:
    from shop.orders import place

    product = next(product for product in products if product.stock > 1)
    with opened(browser) as blocks:
        place("Somebody Secret", {product: 1})
        arrived = [data(next(blocks))]
        while arrived[-1]["table"] != "orders":  # the stock of the product may be reported more than once
            arrived.append(data(next(blocks)))
    assert [change["action"] for change in arrived] == ["update"] * (len(arrived) - 1) + ["create"]
    assert any(f"{product.stock - 1} in stock" in change["facts"] for change in arrived)
    assert "Secret" not in str(arrived)


def test_changes_of_other_tables_stay_private(browser: Client, airports) -> None:
    from django.contrib.auth.models import User

    with opened(browser) as blocks:
        User.objects.create_user("somebody", password="a secret of somebody")
        airports[0].delete()
        change = data(next(blocks))
    assert (change["action"], change["name"]) == ("delete", airports[0].name)


def test_a_page_that_is_closed_ends_the_listening(browser: Client) -> None:
    from live import changes

    with opened(browser):
        assert listeners()
    orm.close_listeners()
    assert listeners() == []
    for _ in range(changes.MOST_LISTENERS):  # each seat is free again
        assert changes._seats.acquire(blocking=False)
    for _ in range(changes.MOST_LISTENERS):
        changes._seats.release()


def test_a_stream_ends_by_itself_after_its_time(browser: Client, monkeypatch) -> None:
    from live import changes

    monkeypatch.setattr(changes, "LONGEST", 0)
    response = browser.get("/live/events")
    assert [*response.streaming_content] == [b"retry: 2000\n\n"]
    response.close()


def test_an_idle_stream_says_that_it_is_there(browser: Client, monkeypatch) -> None:
    from live import changes

    monkeypatch.setattr(changes, "STILL_HERE", 0)
    with opened(browser) as blocks:
        assert next(blocks) == ": still here\n\n"


def test_more_pages_than_may_are_refused(browser: Client, monkeypatch) -> None:
    from live import changes

    monkeypatch.setattr(changes, "_seats", threading.BoundedSemaphore(1))
    with opened(browser):
        refused = browser.get("/live/events")
        assert (refused.status_code, refused["Retry-After"]) == (503, "30")
    with opened(browser):
        pass


def test_a_head_takes_no_place(browser: Client) -> None:
    response = browser.head("/live/events")
    assert (response.status_code, response["Allow"]) == (405, "GET")
    assert listeners() == []


def test_a_server_without_the_library_for_realtime(browser: Client, monkeypatch) -> None:
    from live import changes

    from django_appwrite_orm.exceptions import ConfigurationError

    def refuse(callback):
        raise ConfigurationError("realtime needs the library websockets")

    monkeypatch.setattr(changes.orm, "listen", refuse)
    refused = browser.get("/live/events")
    assert (refused.status_code, refused.content) == (503, b"realtime needs the library websockets")


def test_the_page_and_its_button(browser: Client, airports) -> None:
    from airports.tables import Airport

    before = sum(airport.elevation for airport in airports)
    assert browser.post("/live/change/")["Location"] == "/live/"
    assert sum(airport.elevation for airport in Airport.objects.all()) == before + 1
    with assert_num_appwrite_requests(1):
        page = browser.get("/live/").content.decode()
    assert "ft high now" in page
    with assert_num_appwrite_requests(0):
        assert browser.get("/live/")["X-Cache-Status"] == "HIT"
    assert browser.get("/live/change/").status_code == 405


def test_a_live_page_without_data(site) -> None:
    browser = Client()
    assert "There are no airports yet" in browser.get("/live/").content.decode()
    assert browser.post("/live/change/").status_code == 302
