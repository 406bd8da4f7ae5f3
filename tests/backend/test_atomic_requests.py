"""`ATOMIC_REQUESTS`: each view is one block, which is written when the view returns."""

from __future__ import annotations

import pytest
from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from tests.support.costs import counted

from .shop.models import Maker, Note

pytestmark = [pytest.mark.usefixtures("shop", "atomic_requests"), pytest.mark.urls(__name__)]


def write(request: HttpRequest) -> HttpResponse:
    maker = Maker.objects.create(name="Ada")
    Note.objects.create(text="a")
    Note.objects.create(text="b")
    maker.name = "Eve"
    maker.save()
    if "raise" in request.GET:
        raise ValueError("The view failed.")
    return HttpResponse(f"{Maker.objects.get().name}, {Note.objects.count()}")


@transaction.non_atomic_requests
def write_at_once(request: HttpRequest) -> HttpResponse:
    return write(request)


urlpatterns = [path("block/", write), path("free/", write_at_once)]


@pytest.fixture
def atomic_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connections["default"].settings_dict, "ATOMIC_REQUESTS", True)
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


def test_a_view_that_succeeds_commits_once(client: Client) -> None:
    with counted() as costs:
        response = client.get("/block/")
    assert (response.status_code, response.content) == (200, b"Eve, 2")
    changes = [request.split()[0] for request in costs.requests if not request.startswith("GET")]
    assert changes == ["POST", "POST", "PATCH"], costs.requests
    assert (Maker.objects.get().name, Note.objects.count()) == ("Eve", 2)


def test_a_view_that_raises_writes_nothing(client: Client) -> None:
    with counted() as costs:
        assert client.get("/block/?raise=1").status_code == 500
    assert [request for request in costs.requests if not request.startswith("GET")] == []
    assert (Maker.objects.count(), Note.objects.count()) == (0, 0)
    assert client.get("/block/").status_code == 200  # the failed block leaves nothing behind


def test_a_view_outside_of_a_block_has_written_what_it_did_before_it_raised(client: Client) -> None:
    assert client.get("/free/?raise=1").status_code == 500
    assert (Maker.objects.get().name, Note.objects.count()) == ("Eve", 2)
