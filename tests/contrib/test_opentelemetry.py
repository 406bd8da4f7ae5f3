"""Spans of reads, writes and requests: what belongs to what, and no values."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import Count
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from django_appwrite_orm.connection import connections
from django_appwrite_orm.contrib.opentelemetry import instrument, uninstrument
from django_appwrite_orm.exceptions import AppwriteError, Unavailable
from django_appwrite_orm.plans import Request
from django_appwrite_orm.querysets import atomic
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.signals.observers import observers
from tests.backend.shop.models import Maker, Product
from tests.support.library.tables import Book

pytestmark = pytest.mark.usefixtures("library")

Spans = Callable[[], list[ReadableSpan]]


@pytest.fixture
def provider() -> TracerProvider:
    return TracerProvider()


@pytest.fixture
def spans(provider: TracerProvider) -> Iterator[Spans]:
    """Returns the spans that have ended, in the order of their beginning."""
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    instrument(provider)
    yield lambda: sorted(exporter.get_finished_spans(), key=lambda span: span.start_time or 0)
    uninstrument()
    assert observers == []


def names(spans: list[ReadableSpan]) -> list[str]:
    return [span.name for span in spans]


def test_a_read_has_its_request_inside(spans: Spans) -> None:
    list(Book.objects.filter(title="Dune"))
    list(Book.objects.filter(title="Dune"))
    read, request, hit = spans()
    assert names(spans()) == ["list books", "GET /tablesdb/library/tables/books/rows", "list books"]
    assert read.parent is hit.parent is None
    assert request.parent is not None
    assert request.parent.span_id == read.context.span_id
    assert {span.kind for span in spans()} == {SpanKind.CLIENT}
    assert dict(read.attributes or {}) == {
        "db.system.name": "appwrite",
        "db.namespace": "library",
        "db.collection.name": "books",
        "db.operation.name": "list",
        "db.query.summary": "list books",
        "db.query.text": "list books where equal(title, ?) order by $sequence limit ?",
        "db.response.returned_rows": 0,
        "appwrite.connection": "default",
        "appwrite.cache.status": "miss",
    }
    assert (hit.attributes or {})["appwrite.cache.status"] == "hit"
    assert dict(request.attributes or {}) == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "url.template": "/tablesdb/library/tables/books/rows",
    }


def test_they_are_inside_of_the_span_of_the_caller(spans: Spans, provider: TracerProvider) -> None:
    with provider.get_tracer("tests").start_as_current_span("page") as page:
        Book.objects.count()
    [count] = [span for span in spans() if span.name == "count books"]
    assert count.parent is not None
    assert count.parent.span_id == page.get_span_context().span_id


def test_writes_and_blocks(spans: Spans) -> None:
    Book.objects.create(title="Dune", price=1)
    with atomic():
        Book.objects.bulk_create([Book(title="Emma", price=2), Book(title="Odes", price=3)])
    found = {span.name: span for span in spans()}
    assert {"create books", "commit books"} <= found.keys()
    batches = [
        span.attributes["db.operation.batch.size"] for span in spans() if "db.operation.batch.size" in span.attributes
    ]
    assert batches == [2]
    assert all(span.status.status_code is StatusCode.UNSET for span in spans())


def test_models_show_their_strategy(spans: Spans, shop: None) -> None:
    Maker.objects.create(name="Ada")
    list(Maker.objects.annotate(products=Count("product")))
    [select] = [span for span in spans() if span.attributes.get("db.operation.name") == "select"]
    assert select.attributes["appwrite.strategy"] == "in memory"
    inner = [span for span in spans() if span.parent and span.parent.span_id == select.context.span_id]
    assert set(names(inner)) == {"list shop_maker", "list shop_product"}
    with transaction.atomic():
        Product.objects.create(name="Lamp")
        Maker.objects.create(name="Bob")
    assert "commit shop_product" in names(spans())


def test_no_span_has_values_or_ids(spans: Spans) -> None:
    book = Book.objects.create(id="private-id", title="private title", price=1)
    book.title = "private change"
    book.save()
    list(Book.objects.filter(title="private filter"))
    Book.objects.get(pk="private-id")
    with pytest.raises(Book.DoesNotExist):
        Book.objects.get(pk="private-other")
    with pytest.raises(AppwriteError):
        Book.objects.create(id="private-id", title="private two", price=1)
    with pytest.raises(AppwriteError):
        run_sync(connections["default"].send(Request("GET", "/users/private-user")))
    book.delete()
    text = "".join(span.to_json() for span in spans())
    assert len(spans()) > 10
    assert "private" not in text
    assert "/tablesdb/library/tables/books/rows/?" in text


def test_an_error_has_its_kind_and_no_message(spans: Spans, settings: Any) -> None:
    settings.APPWRITE_ORM = {
        "default": {
            "ENDPOINT": "http://127.0.0.1:9/v1", "PROJECT_ID": "p", "API_KEY": "a-very-secret-key",
            "DATABASE_ID": "library", "SERVER_VERSION": "1.9.6", "RETRIES": 1,
        }
    }  # fmt: skip
    with pytest.raises(Unavailable):
        list(Book.objects.all())
    read, first, again = spans()
    assert [span.status.status_code for span in spans()] == [StatusCode.ERROR] * 3
    assert (read.attributes or {})["error.type"] == "Unavailable"
    assert (first.attributes or {})["server.address"] == "127.0.0.1"
    assert (first.attributes or {})["server.port"] == 9
    assert first.parent == again.parent == read.context
    assert all(not span.status.description and not span.events for span in spans())
    assert "secret" not in "".join(span.to_json() for span in spans())


def test_tasks_at_once_have_their_own_spans(spans: Spans) -> None:
    async def reads() -> None:
        await asyncio.gather(*(Book.objects.filter(price=price).acount() for price in range(5)))

    asyncio.run(reads())
    reads_, requests = ([span for span in spans() if span.name.startswith(verb)] for verb in ("count", "GET"))
    assert len(reads_) == 5
    assert sorted(span.context.span_id for span in reads_) == sorted(
        span.parent.span_id for span in requests if span.parent
    )


def test_an_absent_row_is_no_error(spans: Spans) -> None:
    with pytest.raises(Book.DoesNotExist):
        Book.objects.get(pk="absent")
    assert all(span.status.status_code is StatusCode.UNSET for span in spans())
    assert 404 in [span.attributes.get("http.response.status_code") for span in spans()]


def test_it_is_called_once(spans: Spans) -> None:
    with pytest.raises(ImproperlyConfigured, match="was called before"):
        instrument()
    uninstrument()
    Book.objects.count()
    assert spans() == []
