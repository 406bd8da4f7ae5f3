"""Cache-Status (RFC 9211) and Server-Timing, beside the X- headers."""

from __future__ import annotations

import re

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from django_appwrite_orm import CachePolicy, cache_policy
from django_appwrite_orm.exceptions import Unavailable
from django_appwrite_orm.transport.retry import Attempt
from django_appwrite_orm.web import AppwriteCacheMiddleware
from tests.support.library.tables import Book, Reader

pytestmark = pytest.mark.usefixtures("library")


def get(view) -> HttpResponse:
    return AppwriteCacheMiddleware(view)(RequestFactory().get("/"))


def counts(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(f"{Book.objects.count()} {Reader.objects.count()}")
    response["Cache-Status"] = "another-cache; hit"
    return response


def test_what_was_found_and_for_how_long() -> None:
    assert get(counts)["Cache-Status"] == "another-cache; hit, django-appwrite-orm; fwd=miss"
    status = re.fullmatch(r"another-cache; hit, django-appwrite-orm; hit; ttl=(\d+)", get(counts)["Cache-Status"])
    assert status is not None
    assert 290 <= int(status[1]) <= 300
    assert get(lambda request: HttpResponse(Book.objects.uncached().count()))["Cache-Status"] == (
        "django-appwrite-orm; fwd=bypass"
    )


def test_what_is_past_its_life_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        with cache_policy(CachePolicy(stale_if_error=60)):
            return HttpResponse(Book.objects.count())

    def down(step: Attempt) -> None:
        raise Unavailable("down")

    get(view)
    Book.objects.set_updated(False)
    monkeypatch.setattr(Attempt, "perform", down)
    response = get(view)
    assert (response["Cache-Status"], response["X-Cache-Status"]) == (
        "django-appwrite-orm; hit; ttl=-1; detail=stale", "STALE",
    )  # fmt: skip


def test_the_time_that_reads_took() -> None:
    assert re.fullmatch(r'appwrite;desc="2 reads";dur=\d+\.\d', get(counts)["Server-Timing"])
    assert not get(lambda request: HttpResponse("nothing read")).has_header("Server-Timing")
