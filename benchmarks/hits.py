"""What a hit costs beside peers, as multiples of a plain `cache.get` of the same rows from the same Redis.

python -m benchmarks.hits [ROUNDS]

Each contender reads 25 rows, and one row by its id, again and again, in a process of its own. They take turns, so that
what else the machine does disturbs all of them; the medians are compared. The peers (`--group benchmark`) keep rows of
SQLite, by pickle; this package those of its local Appwrite, by JSON. A plain `cache.get` knows of no change, so it is
no contender but the measure.

Django without a cache stands beside the models on Appwrite, whose goals are multiples of it. Appwrite's SDK, which
sends a request for each read, reads from a local Appwrite in a process of its own, on loopback.
"""

from __future__ import annotations

import importlib.util
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import django
from django.conf import settings

from tests.support import http_server, redis_server

ROWS = [{"name": f"Product {n}", "price": n + 0.5, "stock": n, "category": "books"} for n in range(25)]
JSON = {"SERIALIZER": "django_appwrite_orm.contrib.redis_json.JSONSerializer"}
# Each with the module that it takes.
CONTENDERS = {
    "plain cache.get": "django",
    "django-appwrite-orm": "django_appwrite_orm",
    "django-appwrite-orm, MEMORY 0": "django_appwrite_orm",
    "django-cachalot": "cachalot",
    "django-cacheops": "cacheops",
    "Appwrite's SDK, no cache": "appwrite",
    "models on SQLite, no cache": "django",
    "models on Appwrite": "django_appwrite_orm",
    "models on Appwrite, LocMemCache": "django_appwrite_orm",
}


# How many times as long as a model on SQLite takes a model on Appwrite may take: for 25 rows, and for one.
GOALS = [1.3, 1.2]
# So many reads does a contender make at its turn.
TURN = 100


def configure(name: str, url: str, folder: str) -> None:
    apps = {"django-cachalot": ["cachalot"], "django-cacheops": ["cacheops"]}.get(name, [])
    memory = {"MEMORY": 0} if name.endswith("MEMORY 0") else {}
    options = {} if name == "django-cachalot" else JSON
    cache = {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": url, "OPTIONS": options}
    if name.endswith("LocMemCache"):
        cache = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/peers.sqlite3"}
    if name.startswith("models on Appwrite"):
        database = {"ENGINE": "django_appwrite_orm.backend", "NAME": "default"}
    settings.configure(
        INSTALLED_APPS=["django_appwrite_orm", *apps],
        DATABASES={"default": database},
        CACHES={"default": cache},
        APPWRITE_ORM={"default": {"ENDPOINT": f"local:{folder}/rows.sqlite3", "DATABASE_ID": "bench", "CACHE": memory}},
        CACHEOPS_REDIS=url,
        CACHEOPS={"*.*": {"ops": "all", "timeout": 300}},
        SILENCED_SYSTEM_CHECKS=["cachalot.W001"],
    )
    django.setup()


def contender(name: str, stack: ExitStack) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """What reads all rows, and what reads one by its id; what these need is closed with the stack."""
    if name == "plain cache.get":
        from django.core.cache import cache

        cache.set("all", ROWS)
        cache.set("one", ROWS[0])
        return lambda: cache.get("all"), lambda: cache.get("one")
    if name.startswith("django-appwrite-orm"):
        return _ours()
    if name.startswith("Appwrite's SDK"):
        return _sdk(stack)
    return _models()


def _sdk(stack: ExitStack) -> tuple[Callable[[], Any], Callable[[], Any]]:
    from appwrite.client import Client
    from appwrite.services.tables_db import TablesDB

    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    endpoint = stack.enter_context(http_server.running(folder / "rows.sqlite3"))
    tables = TablesDB(Client().set_endpoint(endpoint).set_project("local").set_key("local"))
    tables.create("shop", "Shop")
    columns = [
        {"key": "name", "type": "string", "size": 64},
        {"key": "price", "type": "double"},
        {"key": "stock", "type": "integer"},
        {"key": "category", "type": "string", "size": 16},
    ]
    tables.create_table("shop", "products", "Products", columns=columns)
    tables.create_rows("shop", "products", [{"$id": f"row{n}", **row} for n, row in enumerate(ROWS)])
    return (
        lambda: [row.data["price"] for row in tables.list_rows("shop", "products").rows],
        lambda: tables.get_row("shop", "products", "row0").data["price"],
    )


def _ours() -> tuple[Callable[[], Any], Callable[[], Any]]:
    from django_appwrite_orm import Table, columns, register
    from django_appwrite_orm.sansio import run_sync
    from django_appwrite_orm.schema import migrate

    class Product(Table):
        name = columns.String(size=64)
        price = columns.Float()
        stock = columns.Integer()
        category = columns.String(size=16)

    register(Product)
    run_sync(migrate([Product]))
    first, *_ = Product.objects.bulk_create([Product(**row) for row in ROWS])
    return lambda: [row.price for row in Product.objects.all()], lambda: Product.objects.get(pk=first.pk).price


def _models() -> tuple[Callable[[], Any], Callable[[], Any]]:
    from django.db import connection, models

    class Product(models.Model):
        name = models.CharField(max_length=64)
        price = models.FloatField()
        stock = models.IntegerField()
        category = models.CharField(max_length=16)

        class Meta:
            app_label = "django_appwrite_orm"

        def __str__(self) -> str:
            return self.name

    with connection.schema_editor() as editor:
        editor.create_model(Product)
    Product.objects.bulk_create([Product(**row) for row in ROWS])
    first = Product.objects.order_by("pk")[0].pk
    return lambda: [row.price for row in Product.objects.all()], lambda: Product.objects.get(pk=first).price


def measure(name: str, url: str, folder: str) -> None:
    """Read for each number on the standard input so many times; write the seconds of each read, once it is a hit."""
    configure(name, url, folder)
    with ExitStack() as stack:
        actions = contender(name, stack)
        for line in sys.stdin:
            for action in actions:
                action()
            print(json.dumps([[timed(action) for _ in range(int(line))] for action in actions]), flush=True)


def timed(action: Callable[[], Any]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


@contextmanager
def started(name: str) -> Iterator[subprocess.Popen[str]]:
    """A contender in a process, with a Redis of its own."""
    with redis_server.running() as url, tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.hits", name, url, folder]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, cwd=Path(__file__).parents[1], **pipes) as process:
            yield process


def in_turns(processes: dict[str, subprocess.Popen[str]], rounds: int) -> dict[str, list[float]]:
    """The median seconds of both reads of each contender."""
    times: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in processes}
    for turn in range(0, rounds, TURN):
        for name, process in processes.items():
            assert process.stdin is not None
            assert process.stdout is not None
            print(min(TURN, rounds - turn), file=process.stdin, flush=True)
            for total, part in zip(times[name], json.loads(process.stdout.readline()), strict=True):
                total += part
    return {name: [statistics.median(part) for part in parts] for name, parts in times.items()}


def main() -> None:
    if len(sys.argv) > 2:
        measure(*sys.argv[1:])
        return
    rounds = int(sys.argv[1]) if len(sys.argv) == 2 else 2000
    installed = {name for name, module in CONTENDERS.items() if importlib.util.find_spec(module) is not None}
    with ExitStack() as stack:
        processes = {name: stack.enter_context(started(name)) for name in CONTENDERS if name in installed}
        medians = in_turns(processes, rounds)
    print(f"{'':32}{'25 rows':>10}{'one row':>10}")
    for name in CONTENDERS:
        if name not in installed:
            print(f"{name:32} is not installed: pip install --group benchmark")
            continue
        print(f"{name:32}" + in_columns(medians[name], medians["plain cache.get"], digits=1))
    print("\nas multiples of models on SQLite")
    for name, seconds in medians.items():
        if name.startswith("models on Appwrite"):
            print(f"{name:32}" + in_columns(seconds, medians["models on SQLite, no cache"], digits=2))
    print(f"{'goal':32}" + in_columns(GOALS, [1, 1], digits=2))


def in_columns(figures: list[float], of: Sequence[float], *, digits: int) -> str:
    return "".join(f"{figure / one:10.{digits}f}" for figure, one in zip(figures, of, strict=True))


if __name__ == "__main__":
    main()
