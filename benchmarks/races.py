"""Whether a read beside a write leaves an old result in the cache, here and with peers.

python -m benchmarks.races

Each contender reads and writes the price of one product, in a process of its own, in two ways:

- a read during a write: the price is in the cache. The statement or request that changes it waits until another
  thread has read it;
- a write during a read: the reader has its result from the store. Another thread changes the price before the reader
  goes on.

Afterwards nobody writes, and the price is read once more. No step depends on timing. The peers (`--group benchmark`)
keep their row in SQLite.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import django
from django.conf import settings

from tests.support import redis_server

from . import ROOT

# Each with the module that it takes.
CONTENDERS = {
    "django-appwrite-orm": "django_appwrite_orm",
    "django-cachalot": "cachalot",
    "django-cacheops": "cacheops",
}
RACES = ("a read during a write", "a write during a read")


def configure(name: str, url: str, folder: str) -> None:
    apps = [] if name == "django-appwrite-orm" else [CONTENDERS[name]]
    database: dict[str, Any] = {"ENGINE": "django_appwrite_orm.backend", "NAME": "default"}
    if apps:
        options = {"init_command": "PRAGMA journal_mode=WAL"}  # a writer does not wait for readers
        database = {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/peers.sqlite3", "OPTIONS": options}
    settings.configure(
        INSTALLED_APPS=["django_appwrite_orm", *apps],
        DATABASES={"default": database},
        CACHES={"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": url}},
        APPWRITE_ORM={"default": {"ENDPOINT": f"local:{folder}/rows.sqlite3", "DATABASE_ID": "races"}},
        CACHEOPS_REDIS=url,
        CACHEOPS={"*.*": {"ops": "all", "timeout": 300}},
        SILENCED_SYSTEM_CHECKS=["cachalot.W001"],
    )
    django.setup()


def in_thread(work: Callable[[], Any]) -> None:
    from django.db import connection

    def run() -> None:
        work()
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


@contextmanager
def beside_sql(verb: str, between: Callable[[], Any]) -> Iterator[None]:
    """Call `between` in a thread once, before the next UPDATE or after the next SELECT of this thread."""
    from django.db import connection

    def wrapped(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(verb) or done:
            return execute(sql, parameters, many, context)
        done.append(sql)
        if verb == "UPDATE":
            in_thread(between)
        result = execute(sql, parameters, many, context)
        if verb == "SELECT":
            in_thread(between)
        return result

    done: list[str] = []
    with connection.execute_wrapper(wrapped):
        yield


@contextmanager
def beside_requests(verb: str, between: Callable[[], Any]) -> Iterator[None]:
    """The same with the requests of this package."""
    from django_appwrite_orm.transport.retry import Attempt

    method, perform, done = {"UPDATE": "PATCH", "SELECT": "GET"}[verb], Attempt.perform, []

    def wrapped(attempt: Attempt) -> Any:
        if attempt.request.method != method or done:
            return perform(attempt)
        done.append(method)
        if verb == "UPDATE":
            in_thread(between)
        result = perform(attempt)
        if verb == "SELECT":
            in_thread(between)
        return result

    with mock.patch.object(Attempt, "perform", wrapped):
        yield


def race(name: str, url: str, folder: str, which: str) -> None:
    """Print the price that is read at the end, and the price there is."""
    configure(name, url, folder)
    from django.db import connection, models

    class Product(models.Model):
        price = models.IntegerField()

        class Meta:
            app_label = "django_appwrite_orm"

        def __str__(self) -> str:
            return str(self.price)

    with connection.schema_editor() as editor:
        editor.create_model(Product)
    product = Product.objects.create(price=1)
    beside = beside_requests if name == "django-appwrite-orm" else beside_sql

    def read() -> int:
        return Product.objects.get(pk=product.pk).price

    def write() -> None:
        Product(pk=product.pk, price=2).save(force_update=True)

    if which == "a read during a write":
        read()
        with beside("UPDATE", read):
            write()
    else:
        with beside("SELECT", write):
            read()
    print(read(), 2)
    connection.close()


def outcome(name: str, which: str) -> str:
    with redis_server.running() as url, tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.races", name, url, folder, which]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    seen, real = done.stdout.split()
    return "right" if seen == real else f"old: {seen} instead of {real}"


def main() -> None:
    if len(sys.argv) > 1:
        race(*sys.argv[1:])
        return
    print(f"{'':24}" + "".join(f"{which:28}" for which in RACES))
    for name, module in CONTENDERS.items():
        if importlib.util.find_spec(module) is None:
            print(f"{name:24}is not installed: pip install --group benchmark")
        else:
            print(f"{name:24}" + "".join(f"{outcome(name, which):28}" for which in RACES))


if __name__ == "__main__":
    main()
