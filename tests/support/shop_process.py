"""Another process: it changes and reads the models of the shop, one call for each line that it is sent.

`python -m tests.support.shop_process ENDPOINT REDIS_URL`. A line is the name of a function and its arguments, the
response the JSON of what it returned, or the classes and the text of what it raised.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
# Seconds for a request. The fences of these processes last for no longer than the requests may take.
TIMEOUT = 5


class Shop:
    """What may be called. Imports are in the functions, for they need Django's settings."""

    def create(self) -> None:
        from django.apps import apps
        from django.db import connection

        with connection.schema_editor() as editor:
            for model in apps.get_app_config("shop").get_models():
                editor.create_model(model)

        from tests.backend.shop.models import Maker, Product

        maker = Maker.objects.create(pk=1, name="Ada", country="at")
        Product.objects.bulk_create([Product(pk=n, name=f"p{n}", maker=maker, weight=0) for n in (1, 2, 3)])

    def state(self) -> dict[str, Any]:
        """What there is, by several ways of reading, with the worst status of the cache."""
        from django.db.models import Sum

        from django_appwrite_orm.cache import recording
        from tests.backend.shop.models import Maker, Note, Product

        with recording() as record:
            products = {product.pk: (product.stock, product.weight) for product in Product.objects.all()}
            join = Product.objects.filter(maker__country="at").values_list("pk", "stock")
            state = {
                "stocks": [products[pk][0] for pk in sorted(products)],
                "weights": [products[pk][1] for pk in sorted(products)],
                "notes": Note.objects.count(),
            }
            assert [stock for _, stock in sorted(join)] == state["stocks"]
            total = Maker.objects.annotate(total=Sum("product__stock")).get().total
            assert total == sum(state["stocks"])
            assert [Product.objects.get(pk=pk).stock for pk in sorted(products)] == state["stocks"]
        return {**state, "status": record.worst.name}

    def stored(self) -> dict[str, Any]:
        """What there is, past the cache."""
        from django_appwrite_orm.cache import cache_policy

        with cache_policy(ttl=0):
            return {**self.state(), "status": ""}

    def plain(self) -> None:
        from django.db.models import F

        from tests.backend.shop.models import Product

        Product.objects.filter(pk=1).update(stock=F("stock") + 1)

    def alone(self) -> None:
        from django.db import transaction

        with transaction.atomic():
            self.plain()

    def several(self) -> None:
        from django.db import transaction
        from django.db.models import F

        from tests.backend.shop.models import Note, Product

        with transaction.atomic():
            Product.objects.filter(pk=1).update(stock=F("stock") + 1)
            Product.objects.filter(pk=2).update(stock=F("stock") + 1)
            Note.objects.create(text="n")

    def with_bulk(self) -> None:
        """A bulk operation, and another change of one of its rows, which is left out of it."""
        from django.db import transaction
        from django.db.models import F

        from tests.backend.shop.models import Product

        with transaction.atomic():
            weight = Product.objects.get(pk=1).weight or 0
            Product.objects.filter(pk__in=[1, 2, 3]).update(weight=weight + 1)
            Product.objects.filter(pk=1).update(stock=F("stock") + 1)

    def forked(self, *call: str) -> int:
        """Make the call in a child process, which starts when it gets a line; return its exit status.

        The process id of the child is printed first.
        """
        child = os.fork()
        if not child:
            sys.stdin.readline()
            getattr(self, call[0])(*call[1:])
            os._exit(0)
        print(child, flush=True)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def increment(self, how: str, times: str) -> int:
        """Add 1 to the stock of a product so many times; return how many attempts failed and were repeated."""
        from django.db import OperationalError, transaction
        from django.db.models import F, Value

        from tests.backend.shop.models import Note, Product

        def change() -> None:
            rows = Product.objects.filter(pk=1)
            if how == "added":
                rows.update(stock=F("stock") + 1)
                return
            if how == "computed":
                rows.update(stock=F("stock") * Value(1) + 1)
                return
            with transaction.atomic():
                if how == "added in a block":
                    rows.update(stock=F("stock") + 1)
                elif how == "computed in a block":
                    rows.update(stock=F("stock") * Value(1) + 1)
                elif how == "computed in a block with others":
                    Note.objects.create(text="n")
                    rows.update(stock=F("stock") * Value(1) + 1)
                else:
                    product = rows.get()
                    product.stock = F("stock") + 1
                    product.save(update_fields=["stock"])
                    Note.objects.create(text="n")

        repeated = 0
        for _ in range(int(times)):
            while True:
                try:
                    change()
                    break
                except OperationalError:
                    repeated += 1
        return repeated


class Process:
    """A shop process, and calls of its functions."""

    def __init__(self, endpoint: str, redis_url: str) -> None:
        command = [sys.executable, "-m", "tests.support.shop_process", endpoint, redis_url]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)

    def send(self, *call: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(call) + "\n")
        self.process.stdin.flush()

    def receive(self) -> Any:
        """What the call returned, or {"raised": the classes, "text": the text}; None when the process was killed."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def call(self, *call: str) -> Any:
        self.send(*call)
        return self.receive()


@contextmanager
def running(endpoint: str, redis_url: str) -> Iterator[Process]:
    made = Process(endpoint, redis_url)
    try:
        yield made
    finally:
        made.process.kill()
        made.process.communicate()


def main(endpoint: str, redis_url: str) -> None:
    import django
    from django.conf import settings

    cache = {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": redis_url,
        "OPTIONS": {"SERIALIZER": "django_redis.serializers.json.JSONSerializer"},
    }
    connection = {
        "ENDPOINT": endpoint,
        "PROJECT_ID": "local",
        "API_KEY": "local",
        "DATABASE_ID": "shop",
        "SERVER_ID": "s",
    }
    settings.configure(
        INSTALLED_APPS=["django_appwrite_orm", "tests.backend.shop"],
        CACHES={"default": cache},
        APPWRITE_ORM={"default": {**connection, "TIMEOUT": TIMEOUT, "RETRIES": 0}},
        DATABASES={"default": {"ENGINE": "django_appwrite_orm.backend", "NAME": "default"}},
        USE_TZ=True,
        LOGGING_CONFIG=None,
    )
    django.setup()
    from django.db import close_old_connections

    shop = Shop()
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        try:
            outcome = getattr(shop, name)(*arguments)
        except Exception as error:
            outcome = {"raised": [kind.__name__ for kind in type(error).__mro__], "text": str(error)}
            close_old_connections()
        print(json.dumps(outcome), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
