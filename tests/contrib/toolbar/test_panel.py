"""The panel of Django Debug Toolbar, through the toolbar's own middleware, store and views."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Count
from django.test import AsyncClient, Client, override_settings

from django_appwrite_orm.contrib.recording import recording
from django_appwrite_orm.contrib.toolbar.statistics import FetchTimes, pending_changes, statistics, summary
from django_appwrite_orm.exceptions import NotFound
from django_appwrite_orm.signals.observers import observers
from tests import settings as test_settings
from tests.backend.shop.models import Maker, Product
from tests.support.cached_items import TABLES, Box, fill
from tests.support.library.tables import Book
from tests.support.linked_tables import made


@pytest.fixture(autouse=True)
def site(library: None) -> Iterator[None]:
    apps = ["django.contrib.contenttypes", "django.contrib.staticfiles", "debug_toolbar", *test_settings.INSTALLED_APPS]
    with override_settings(
        INSTALLED_APPS=apps,
        DEBUG=True,
        INTERNAL_IPS=["127.0.0.1"],
        ROOT_URLCONF="tests.contrib.toolbar.urls",
        MIDDLEWARE=["debug_toolbar.middleware.DebugToolbarMiddleware"],
    ):
        yield


def request_id(html: str) -> str:
    return re.search(r'data-request-id="(\w+)"', html)[1]


def stats_of(html: str) -> dict[str, Any]:
    from debug_toolbar.store import get_store

    return get_store().panel(request_id(html), "AppwritePanel")


def stats(path: str) -> dict[str, Any]:
    return stats_of(Client().get(path).content.decode())


def column(found: dict[str, Any], *names: str) -> list[Any]:
    return [tuple(query[name] for name in names) if names[1:] else query[names[0]] for query in found["queries"]]


def test_reads_and_writes_of_tables_have_a_row_each() -> None:
    found = stats("/tables")
    assert column(found, "kind", "status", "requests") == [
        ("read", "MISS", 1),
        ("read", "HIT", 0),
        ("read", "MISS", 1),
        ("write", "WRITTEN", 1),
        ("read", "MISS", 1),
    ]
    assert column(found, "text")[0].startswith("list books where greaterThan(price, 1")
    assert column(found, "rows") == [0, 0, 0, 1, 1]
    assert all(query["bytes"] and query["ms"] > 0 for query in found["queries"] if query["requests"])
    assert column(found, "strategy") == ["direct"] * 5
    assert found["invalidations"] == [{"table": "books", "reason": "write"}]
    assert found["pending"] == []


def test_similar_and_repeated_reads_are_marked() -> None:
    found = stats("/tables")
    assert column(found, "repeated") == [2, 2, 0, 0, 0]
    assert column(found, "similar") == [2, 2, 3, 0, 0]


def test_the_totals_say_what_the_cache_saved() -> None:
    found = stats("/tables")
    totals = found["totals"]
    assert [totals[name] for name in ("reads", "hits", "misses", "writes", "requests")] == [4, 1, 3, 1, 4]
    assert totals["saved_hits"] == 1
    assert totals["saved_ms"] >= 0


def test_a_hit_is_counted_with_the_fetches_of_its_tables_alone() -> None:
    from django_appwrite_orm.plans import GetRow, TableRef
    from django_appwrite_orm.signals.observers import Activity

    times = FetchTimes()
    read = Activity("read", GetRow(TableRef("library", "books"), "1"), "default")
    assert times.average(read) is None
    times.add(read, 1.0)
    times.add(read, 3.0)
    assert times.average(read) == 2.0
    assert times.average(Activity("read", GetRow(TableRef("library", "reader"), "1"), "default")) is None
    assert times.average(Activity("read", GetRow(TableRef("library", "books"), "1"), "other")) is None
    as_user = Activity("read", read.subject, "default as jwt:0123")  # of whom there is any number
    assert times.average(as_user) == 2.0


def test_the_stack_begins_in_the_project() -> None:
    stacks = column(stats("/tables"), "stack")
    assert all("urls.py" in stack and "list(Book.objects.filter(price__gt=" in stack for stack in stacks[:3])
    assert not any("django_appwrite_orm/" in stack for stack in stacks)


def test_models_show_their_strategy_and_why(shop: None) -> None:
    ada = Maker.objects.create(name="Ada")
    Product.objects.create(name="Lamp", maker=ada)
    found = stats("/models")
    reads = [query for query in found["queries"] if query["kind"] == "read"]
    assert [query["strategy"] for query in reads][:3] == ["joined", "joined", "in memory"]
    assert "COUNT(" in reads[2]["text"]
    assert reads[2]["reason"]
    assert reads[2]["requests"] == len(reads[2]["parts"]) - 2  # reads of two sources, and their requests
    assert found["totals"]["in_memory"] == 1
    assert "1 in memory" in summary_of(found)
    writes = [query for query in found["queries"] if query["kind"] == "write"]
    assert [query["status"] for query in writes][-1] == "WRITTEN"
    assert all("Ada" not in query["text"] for query in writes)


def summary_of(found: dict[str, Any]) -> str:
    return summary(found["totals"])


def test_changes_of_a_block_are_staged_and_then_committed() -> None:
    found = stats("/staged")
    assert column(found, "kind", "status") == [("write", "STAGED"), ("write", "STAGED"), ("commit", "")]
    assert column(found, "text")[2] == "commit 2 changes of books"
    assert found["invalidations"] == [{"table": "books", "reason": "write"}]
    assert found["pending"] == []


def test_changes_that_wait_are_shown(settings) -> None:
    settings.MIDDLEWARE = ["tests.contrib.toolbar.urls.in_the_block_of_a_middleware", *settings.MIDDLEWARE]
    found = stats("/staged")
    assert found["pending"] == [{"using": "default", "changes": 2, "tables": ["books"]}]


def test_the_statistics_are_json(shop: None) -> None:
    gone = Book.objects.create(title="Gone", price=1)
    Book.objects.all().delete()
    with recording() as activities:
        list(Book.objects.all())
        list(Maker.objects.annotate(products=Count("product")))
        Book.objects.set_updated(False)
        with contextlib.suppress(NotFound):
            gone.delete()
    found = statistics(activities, FetchTimes())
    assert json.loads(json.dumps(found)) == found
    assert found["invalidations"] == [
        {"table": "books", "reason": "invalidation"},
        {"table": "books", "reason": "write"},
    ]


def test_every_table_that_a_change_reaches_is_invalidated() -> None:
    with made(*TABLES):
        fill()
        with recording() as activities:
            Box.objects.get(pk="one").delete()
    found = statistics(activities, FetchTimes())
    assert [query["text"].split()[0] for query in found["queries"] if query["kind"] == "write"] == ["delete"]
    assert {"box", "item"} <= {table["table"] for table in found["invalidations"]}


def test_identities_are_apart() -> None:
    with recording() as activities:
        list(Book.objects.all())
        list(Book.objects.as_guest().all())
    found = statistics(activities, FetchTimes())
    own, guest = column(found, "using")
    assert own == "default"
    assert guest.startswith("default as guest:")
    assert column(found, "repeated") == [0, 0]


def test_a_synchronous_view_under_asgi_is_recorded() -> None:
    page = asyncio.run(AsyncClient().get("/tables"))
    found = stats_of(page.content.decode())
    assert [found["totals"][name] for name in ("reads", "hits", "writes")] == [4, 1, 1]


def test_the_page_is_rendered_from_the_store() -> None:
    html = Client().get("/tables").content.decode()
    assert "4 reads, 1 hit, 1 write" in html
    page = Client().get("/__debug__/render_panel/", {"request_id": request_id(html), "panel_id": "AppwritePanel"})
    content = json.loads(page.content)["content"]
    assert "list books where greaterThan(price, 1" in content
    assert "Repeated 2 times." in content
    assert "books (write)" in content
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", content)


def test_values_are_escaped() -> None:
    html = Client().get("/title/<script>").content.decode()
    page = Client().get("/__debug__/render_panel/", {"request_id": request_id(html), "panel_id": "AppwritePanel"})
    assert "equal(title, &quot;&lt;script&gt;&quot;)" in json.loads(page.content)["content"]


def test_the_server_key_is_not_on_the_page(settings) -> None:
    key = settings.APPWRITE_ORM["default"].get("API_KEY") or "local"
    assert all(key not in query["text"] + query["using"] for query in stats("/tables")["queries"])


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_requests_in_two_threads_do_not_mix(order: tuple[int, int]) -> None:
    found: dict[str, dict[str, Any]] = {}
    barrier = threading.Barrier(2)

    def visit(title: str) -> None:
        barrier.wait()
        found[title] = stats(f"/title/{title}")

    threads = [threading.Thread(target=visit, args=(f"T{number}",)) for number in order]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for title, each in found.items():
        assert column(each, "text") == [each["queries"][0]["text"]]
        assert f'"{title}"' in each["queries"][0]["text"]
    assert len(found) == 2


def test_asynchronous_requests_at_once_do_not_mix() -> None:
    async def both() -> list[dict[str, Any]]:
        urls.gates[:] = [asyncio.Barrier(2)]
        pages = await asyncio.gather(*(AsyncClient().get(f"/titles/{title}") for title in ("A", "B")))
        return [stats_of(page.content.decode()) for page in pages]

    from tests.contrib.toolbar import urls

    for title, found in zip("AB", asyncio.run(both()), strict=True):
        texts = column(found, "text")
        assert len(texts) == 3
        assert all(f'"{title}' in text for text in texts)
        assert "urls.py" in found["queries"][0]["stack"]


def test_nothing_is_observed_outside_of_requests() -> None:
    stats("/tables")
    assert observers == []


@pytest.mark.parametrize("fails", ["began", "ended"])
def test_an_observer_that_fails_stops_nothing(fails: str, caplog: pytest.LogCaptureFixture) -> None:
    class Failing:
        def __getattr__(self, name: str) -> Callable[[Any], None]:
            def method(activity: Any) -> None:
                if name == fails:
                    raise RuntimeError("no")

            return method

    observers.append(Failing())
    try:
        assert list(Book.objects.all()) == []
    finally:
        observers.clear()
    assert "An observer failed." in caplog.text


def test_changes_of_models_wait_until_the_block_ends(shop: None) -> None:
    with transaction.atomic():
        Maker.objects.create(name="Ada")
        assert pending_changes() == [{"using": "default", "changes": 1, "tables": ["shop_maker"]}]
        with contextlib.suppress(RuntimeError), transaction.atomic():
            Maker.objects.create(name="Bob")
            raise RuntimeError
        assert pending_changes()[0]["changes"] == 1
    assert pending_changes() == []
