"""The site of a contender: settings, a Redis and a store of its own, and products as rows of a table or a model."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

import django
from django.conf import settings

from tests.support import redis_server

ROWS = [{"name": f"Product {n}", "price": n + 0.5, "stock": n, "category": "books"} for n in range(1_000)]
# Makers with four items each.
MAKERS = [{"name": f"Maker {n}"} for n in range(25)]
ITEMS = [f"Item {n}" for n in range(100)]
# The id of the database on the server.
DATABASE = "bench"
EMBEDDED: Mapping[str, str] = MappingProxyType({})


class Site(NamedTuple):
    redis: str
    endpoint: str


def site(
    stack: ExitStack,
    *,
    peer: str = "",
    on_appwrite: bool = False,
    cache_settings: dict[str, Any] | None = None,
    in_process: bool = False,
    pickles: bool = False,
    endpoints: Mapping[str, str] = EMBEDDED,
) -> Site:
    """Set Django up, with the app of a peer; `on_appwrite` says where models are.

    `cache_settings` are the setting CACHE of the package. `in_process` is for a cache in the memory of this process.
    `pickles` is for the default serializer of django-redis, which the peers use. `endpoints` are those of connections,
    by alias; without them there is one to a local Appwrite in this process.
    """
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    # More connections than the 100 of redis-py, for groups of readers in threads.
    url = "" if in_process else f"{stack.enter_context(redis_server.running())}?max_connections=1000"
    own = {
        "CLIENT_CLASS": "django_appwrite_orm.contrib.redis_json.Client",
        "SERIALIZER": "django_appwrite_orm.contrib.redis_json.JSONSerializer",
    }
    options = {} if pickles or peer else own
    cache = {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": url, "OPTIONS": options}
    if in_process:
        cache = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    endpoints = endpoints or {"default": f"local:{folder}/rows.sqlite3"}
    databases = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/peers.sqlite3"}}
    if on_appwrite:
        databases = {alias: {"ENGINE": "django_appwrite_orm.backend", "NAME": alias} for alias in endpoints}
    server = {"PROJECT_ID": "local", "API_KEY": "local", "DATABASE_ID": DATABASE, "CACHE": cache_settings or {}}
    settings.configure(
        INSTALLED_APPS=["django_appwrite_orm", *([peer] if peer else [])],
        DATABASES=databases,
        CACHES={"default": cache},
        APPWRITE_ORM={alias: {"ENDPOINT": endpoint, **server} for alias, endpoint in endpoints.items()},
        CACHEOPS_REDIS=url,
        CACHEOPS={"*.*": {"ops": "all", "timeout": 300}},
        SILENCED_SYSTEM_CHECKS=["cachalot.W001"],
    )
    django.setup()
    return Site(url, endpoints["default"])


class Classes(NamedTuple):
    """Tables or models, which are filled, and read in the same way."""

    product: Any
    maker: Any
    item: Any


@cache
def tables() -> Classes:
    from django_appwrite_orm import Table, columns, register
    from django_appwrite_orm.sansio import run_sync
    from django_appwrite_orm.schema import migrate

    class Product(Table):
        name = columns.String(size=64)
        price = columns.Float()
        stock = columns.Integer()
        category = columns.String(size=16)

    class Maker(Table):
        name = columns.String(size=64)

    class Item(Table):
        name = columns.String(size=64)
        maker = columns.Reference(Maker, related_name="items")

    kinds = [Product, Maker, Item]
    for kind in kinds:
        register(kind)
    run_sync(migrate(kinds))
    return _filled(Product, Maker, Item)


def product_model() -> Any:
    """Return the abstract model of ROWS. It can be made once Django is set up."""
    from django.db import models

    class Product(models.Model):
        name = models.CharField(max_length=64)
        price = models.FloatField()
        stock = models.IntegerField()
        category = models.CharField(max_length=16)

        class Meta:
            app_label = "django_appwrite_orm"
            abstract = True

        def __str__(self) -> str:
            return self.name

    return Product


@cache
def models() -> Classes:
    from django.db import connection, models

    class Product(product_model()):
        class Meta:
            app_label = "django_appwrite_orm"

    class Maker(models.Model):
        name = models.CharField(max_length=64)

        class Meta:
            app_label = "django_appwrite_orm"

        def __str__(self) -> str:
            return self.name

    class Item(models.Model):
        name = models.CharField(max_length=64)
        maker = models.ForeignKey(Maker, models.CASCADE, related_name="items")

        class Meta:
            app_label = "django_appwrite_orm"

        def __str__(self) -> str:
            return self.name

    with connection.schema_editor() as editor:
        for model in (Product, Maker, Item):
            editor.create_model(model)
    return _filled(Product, Maker, Item)


def attributes(products: Iterable[Any]) -> None:
    """Read every attribute of every product."""
    for row in products:
        row.pk, row.name, row.price, row.stock, row.category  # noqa: B018


def _filled(product: Any, maker: Any, item: Any) -> Classes:
    for start in range(0, len(ROWS), 100):
        product.objects.bulk_create([product(**row) for row in ROWS[start : start + 100]])
    makers = maker.objects.bulk_create([maker(**row) for row in MAKERS])
    item.objects.bulk_create([item(name=name, maker=makers[n % len(makers)]) for n, name in enumerate(ITEMS)])
    return Classes(product, maker, item)
