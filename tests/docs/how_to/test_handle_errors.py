"""Outages, conflicts and mistakes end as the guide says, for views and jobs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from unittest import mock

import pytest
from django.db import OperationalError
from django.db.models import QuerySet
from django.test import Client

from django_appwrite_orm.connection import connections
from django_appwrite_orm.exceptions import RateLimited, Unavailable
from django_appwrite_orm.plans import TableRef, UpdateRow
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.transport.client import Client as AppwriteClient
from django_appwrite_orm.transport.client import Reply
from tests.support.guides import Guide

PAGE = "how-to/handle-errors.md"


def appwrite_responds(status: int, retry_after: str | None = None) -> AbstractContextManager[Any]:
    reply = Reply(status, '{"message": "no"}', True, retry_after)
    return mock.patch.object(AppwriteClient, "send", return_value=reply)


@pytest.fixture
def shop(guide: Guide) -> Guide:
    guide.rows("Product").create(name="Lamp", price=9)
    return guide


@pytest.mark.parametrize(("status", "sent", "wait"), [(503, None, "10"), (429, "20", "20"), (429, None, "60")])
def test_visitors_see_the_page_of_the_guide(shop: Guide, status: int, sent: str | None, wait: str) -> None:
    with appwrite_responds(status, sent):
        response = shop.get("/products/", accept="text/html")
        api = shop.get("/products/", accept="application/json")
    assert (response.status_code, response["Retry-After"]) == (503, wait)
    assert "<h1>We will be back soon</h1>" in response.content.decode()
    assert (api.status_code, list(api.json())) == (503, ["error"])


def test_a_page_of_hits_needs_no_appwrite(shop: Guide) -> None:
    shop.get("/products/")
    with appwrite_responds(503):
        assert shop.get("/products/")["X-Cache-Status"] == "HIT"


def test_older_data_after_a_change_and_after_the_time(shop: Guide, later: Callable[[float], None]) -> None:
    shop.get("/products/")
    shop.rows("Product").update(name="Lantern")
    later(400)
    with appwrite_responds(503):
        response = shop.get("/products/")
        assert (response["X-Cache-Status"], response.json()["products"]) == ("STALE", ["Lamp"])
        later(24 * 3600)
        assert shop.get("/products/").status_code == 503
    assert shop.get("/products/").json()["products"] == ["Lantern"]


def test_what_is_wrong_is_said(shop: Guide, monkeypatch: pytest.MonkeyPatch) -> None:
    def add(**values: object) -> tuple[int, dict[str, Any]]:
        response = Client().post("/products/add/", values)
        return response.status_code, response.json()

    assert add(name="Chair", price="7") == (201, {"name": "Chair"})
    status, found = add(name="Lamp", price="x")
    assert (status, sorted(found["errors"])) == (400, ["name", "price"])
    monkeypatch.setattr(shop.module("shop.models").Product, "full_clean", lambda product: None)  # taken after the look
    assert add(name="Lamp", price="7") == (409, {"error": "Somebody else has just taken this name."})
    with appwrite_responds(503):
        assert Client().post("/products/add/", {"name": "Desk", "price": "7"}).status_code == 503


def unclear() -> Unavailable:
    error = Unavailable("lost")
    error.unclear = True
    return error


@pytest.mark.parametrize(
    ("errors", "waits", "raised"),
    [
        ([Unavailable("down"), Unavailable("down")], [2, 4], None),
        ([RateLimited("slow", retry_after=7), RateLimited("slow")], [7, 60], None),
        ([Unavailable("down")] * 5, [2, 4, 8, 16], Unavailable),
        ([unclear()], [], Unavailable),
        ([ValueError("a mistake")], [], ValueError),
    ],
)
def test_a_job_repeats_what_is_safe(shop: Guide, errors: list[Exception], waits: list[float], raised: Any) -> None:
    jobs = shop.module("shop.jobs")
    job = mock.Mock(side_effect=[*errors, "done"])
    with mock.patch.object(jobs.time, "sleep") as sleep:
        if raised is None:
            assert jobs.with_retries(job) == "done"
        else:
            with pytest.raises(raised):
                jobs.with_retries(job)
    assert [call.args[0] for call in sleep.call_args_list] == waits


def test_a_write_without_a_response_is_unclear(shop: Guide) -> None:
    with appwrite_responds(503), pytest.raises(Unavailable) as caught:
        shop.rows("Product").update(price=1)
    assert caught.value.unclear


def test_the_errors_of_models_are_those_of_the_table(shop: Guide) -> None:
    for status, kind in ((429, RateLimited), (503, Unavailable), (401, OperationalError)):
        with appwrite_responds(status), pytest.raises(kind):
            shop.rows("Product").update(price=1)
    assert issubclass(RateLimited, OperationalError)


@pytest.mark.parametrize(("others", "price"), [([10], 20), ([10, 11, 12], 12)])
def test_a_block_runs_again_after_a_conflict(
    shop: Guide, monkeypatch: pytest.MonkeyPatch, others: list[int], price: int
) -> None:
    """Somebody else sets a price before the end of the first blocks; the last attempt reports it."""
    products, appwrite = shop.rows("Product"), connections["default"]
    table, row = TableRef("guide", "shop_product"), f"{products.get().pk:019d}"
    update, left = QuerySet.update, list(others)

    def update_before_others(rows: QuerySet[Any], **values: Any) -> int:
        done = update(rows, **values)
        if left:
            run_sync(appwrite.write([table], UpdateRow(table, row, {"price": left.pop(0) * 100}).request))
        return done

    monkeypatch.setattr(QuerySet, "update", update_before_others)
    with pytest.raises(OperationalError) if len(others) == 3 else nullcontext():
        shop.module("shop.jobs").double_prices()
    assert (left, products.get().price) == ([], price)
