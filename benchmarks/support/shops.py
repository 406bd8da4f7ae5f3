"""The site of `benchmarks/shop` for one contender: what it keeps its rows in, its rows, its server processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import django

from tests.support import http_server, redis_server
from tests.support.ports import free_port

from .. import ROOT
from . import postgresql

PRODUCTS = 1_000
# Between the ranks of two products, so that there are more lists of products than anybody asks for.
STEP = 1_000_000
AS_TABLES, MODELS = "benchmarks.shop.as_tables.tables", "benchmarks.shop.as_models.models"


@dataclass(frozen=True)
class Site:
    """`classes` is the module of the classes, `database` a setting of Django's. What is not used is empty."""

    classes: str
    database: dict[str, Any]
    redis: str
    endpoint: str = ""
    peer: str = ""

    def environment(self) -> dict[str, str]:
        return {"SITE": json.dumps(asdict(self)), "DJANGO_SETTINGS_MODULE": "benchmarks.shop.settings"}


def on_appwrite(stack: ExitStack, classes: str) -> Site:
    """A site whose rows are in a local Appwrite, in a process of its own."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    endpoint = stack.enter_context(http_server.running(folder / "rows.sqlite3"))
    database = {"ENGINE": "django_appwrite_orm.backend", "NAME": "default"} if classes == MODELS else {}
    return Site(classes, database, stack.enter_context(redis_server.running()), endpoint)


def on_postgresql(stack: ExitStack, peer: str = "") -> Site:
    """A site whose rows are in PostgreSQL, with the cache of a peer or without one."""
    redis = stack.enter_context(redis_server.running()) if peer else ""
    return Site(MODELS, stack.enter_context(postgresql.running()), redis, peer=peer)


def filled(site: Site) -> Any:
    """Set Django up in this process, with tables and their rows; return the module of the classes."""
    os.environ.update(site.environment())
    django.setup()
    shop = import_module(site.classes)
    if site.classes == AS_TABLES:
        from django_appwrite_orm.sansio import run_sync
        from django_appwrite_orm.schema import migrate

        run_sync(migrate([shop.Product, shop.Order]))
    else:
        from django.db import connection

        with connection.schema_editor() as editor:
            editor.create_model(shop.Product)
            editor.create_model(shop.Order)
    rows = [
        {"name": f"Product {n}", "price": n + 0.5, "stock": n, "category": "books", "rank": n * STEP}
        for n in range(PRODUCTS)
    ]
    for start in range(0, PRODUCTS, 100):
        shop.Product.objects.bulk_create([shop.Product(**row) for row in rows[start : start + 100]])
    return shop


@dataclass(frozen=True)
class Kind:
    """How to start a server with one worker. `prefix` is that of the views it is made for."""

    command: list[str]
    prefix: str = ""
    connections: dict[str, Any] | None = None
    """Settings of a database: how its connections are kept."""


# A connection to the database stays open, as Django advises for either.
_THREADS = {"CONN_MAX_AGE": None}
_LOOP = {"OPTIONS": {"pool": True}}
_GUNICORN = ["gunicorn", "django.core.wsgi:get_wsgi_application()", "--workers=1", "--no-control-socket"]
_UVICORN = ["uvicorn", "django.core.asgi:get_asgi_application", "--factory", "--lifespan=off", "--log-level=warning"]
KINDS = {
    "gunicorn, sync": Kind([*_GUNICORN, "--log-level=warning", "--bind=127.0.0.1:{port}"], connections=_THREADS),
    "gunicorn, 4 threads": Kind(
        [*_GUNICORN, "--log-level=warning", "--threads=4", "--bind=127.0.0.1:{port}"], connections=_THREADS
    ),
    "uvicorn": Kind([*_UVICORN, "--no-access-log", "--port={port}"], "a", _LOOP),
}


class Server:
    """A server that is up, with its one worker."""

    def __init__(self, site: Site, kind: Kind, stack: ExitStack) -> None:
        self.prefix, self.port = kind.prefix, free_port()
        kept = site.database.get("ENGINE") == "django.db.backends.postgresql"
        if kept:
            site = replace(site, database={**site.database, **(kind.connections or {})})
        program, *arguments = (part.format(port=self.port) for part in kind.command)
        self._process = subprocess.Popen(
            [sys.executable, "-m", program, *arguments], cwd=ROOT, env={**os.environ, **site.environment()}
        )
        stack.callback(self._end)
        self._wait()

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait(self) -> None:
        for _ in range(600):
            if self._process.poll() is not None:
                raise RuntimeError(f"{self._process.args} has ended with {self._process.returncode}.")
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=30):
                    return
            except urllib.error.HTTPError:
                return  # there is no such page: the worker responds
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"{self._process.args} did not respond within half a minute.")

    @property
    def processes(self) -> list[int]:
        """The process that was started, and its worker."""
        own = self._process.pid
        children = Path(f"/proc/{own}/task/{own}/children").read_text(encoding="utf-8")
        return [own, *map(int, children.split())]


Write = Callable[[int], object]


def writers(shop: Any) -> tuple[Write, Write]:
    """Return what writes for the n-th time: an order, which no page shows, and the stock of a product."""
    shown = shop.Product.objects.get(rank=50 * STEP).pk
    product = shop.Product.objects.filter(pk=shown)
    # cacheops does not invalidate after `update()`: its page would stay as it is, and each request would be a hit.
    update = getattr(product, "invalidated_update", product.update)
    return (
        lambda number: shop.Order.objects.create(product="Product 1", amount=number),
        lambda number: update(stock=number),
    )
