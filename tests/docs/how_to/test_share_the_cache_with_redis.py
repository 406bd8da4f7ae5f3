"""Processes share what Redis has, and an outage of it fails no page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches

from django_appwrite_orm.cache import backend, pending
from django_appwrite_orm.contrib.testing import assert_num_appwrite_requests
from tests.support import http_server, projects, redis_server
from tests.support.guides import Guide, guide_files, guide_project, write_project

PAGE = "how-to/share-the-cache-with-redis.md"


@pytest.fixture
def redis() -> Iterator[redis_server.Server]:
    with redis_server.server() as server:
        yield server


@pytest.fixture
def site(redis: redis_server.Server, tmp_path: Path, monkeypatch: Any, django_db_blocker: Any) -> Iterator[Guide]:
    monkeypatch.setenv("REDIS_URL", redis.url)
    with guide_project(PAGE, tmp_path, django_db_blocker) as made:
        yield made


def test_the_options_reach_the_client(site: Guide) -> None:
    pool = caches["default"].client.get_client().connection_pool
    assert pool.max_connections == 50
    assert pool.connection_kwargs["socket_timeout"] == pool.connection_kwargs["socket_connect_timeout"] == 1


def test_pages_are_right_while_redis_is_down_and_after(
    site: Guide, redis: redis_server.Server, monkeypatch: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The table of the guide, line by line."""
    caplog.set_level("INFO", "django_appwrite_orm.cache")
    monkeypatch.setattr(backend, "QUIET", 0)
    products = site.rows("Product")
    lamp = products.create(name="Lamp", price=9)

    def price() -> Any:
        return products.get().price

    price()
    with assert_num_appwrite_requests(0):
        assert price() == 9
    redis.stop()
    for changed in (10, 11):
        lamp.price = changed
        lamp.save()
        with assert_num_appwrite_requests(1):
            assert price() == changed
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    redis.start()
    monkeypatch.setattr(pending, "PROOF", 0)
    lamp.price = 12
    lamp.save()
    assert price() == 12
    with assert_num_appwrite_requests(0):
        assert price() == 12
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


# What each service does, by the words it is given, and then reads.
SERVICE = """
import json
import sys
import django
django.setup()
from django.core import checks, management
from django_appwrite_orm import orm
from django_appwrite_orm.cache import recording
from shop.models import Product
if "make" in sys.argv:
    management.call_command("migrate", "shop", run_syncdb=True, verbosity=0)
    Product.objects.create(name="Lamp", price=9)
found = []
for price in sys.argv[1:]:
    if price.isdigit():
        Product.objects.update(price=price)
    with recording() as log:
        found += [str(product.price) for product in Product.objects.all()] + [log.worst.name]
problems = checks.run_checks(tags=["appwrite_orm"], include_deployment_checks="check" in sys.argv)
print(json.dumps([found, orm.stats("shop.Product")["shop_product"]["hits"], [problem.id for problem in problems]]))
"""


@pytest.mark.slow
def test_services_see_the_changes_of_each_other(tmp_path: Path, redis: redis_server.Server) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    write_project(guide_files(PAGE), folder)
    with http_server.running(tmp_path / "appwrite.sqlite3") as endpoint:

        def run(*words: str) -> Any:
            output = projects.run(
                folder,
                "-c",
                SERVICE,
                *words,
                DJANGO_SETTINGS_MODULE="config.settings",
                REDIS_URL=redis.url,
                APPWRITE_ENDPOINT=endpoint,
                APPWRITE_PROJECT_ID="local",
                APPWRITE_API_KEY="local",
            )
            return json.loads(output.splitlines()[-1])

        assert run("make") == [["9.00", "MISS"], 0, []]
        assert run("read", "10") == [["9.00", "HIT", "10.00", "MISS"], 1, []]
        found, hits, problems = run("check")
    assert (found, hits) == (["10.00", "HIT"], 2)  # the statistics cover all processes
    assert not {"appwrite_orm.E043", "appwrite_orm.W041", "appwrite_orm.W042"}.intersection(problems)
