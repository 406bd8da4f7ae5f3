"""How many of the package's files one operation touches: those that a reader opens who follows it in the code.

Functions that run while the operation is called are counted, in this thread; `local/`, which stands in for a server, is
left out. Each operation has run before, so that connections exist and lazy imports are done. No request is open whose
reads are logged, and these connections are the tests' own: one to another server also asks conf/test_runs.py whether
tests run. Run with `-rP` to see the numbers. The limits of a hit and of a new row are what was reached; the others
leave room for three files more.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory

import django_appwrite_orm
from django_appwrite_orm import Index, Permission, Role, Table, UniqueIndex, columns
from django_appwrite_orm.cache import pending
from django_appwrite_orm.connection import connections
from django_appwrite_orm.local import LocalAppwrite
from django_appwrite_orm.local.http.server import LocalServer
from django_appwrite_orm.registry import registry
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import migrate
from django_appwrite_orm.transactions import other_blocks
from django_appwrite_orm.web.webhooks import appwrite_webhook
from tests.events.tables import Open, Own
from tests.support.listening import recorded
from tests.support.tables import prepare

ROOT = Path(django_appwrite_orm.__file__).parent
LOCAL = str(ROOT / "local")


class Product(Table):
    """The table of the README."""

    name = columns.String(size=128, required=True)
    price = columns.Float(min=0, required=True)
    stock = columns.Integer(min=0)
    category = columns.Enum(["books", "music"], default="books")

    class Meta:
        name = "products"
        indexes = [Index("category", "-price"), UniqueIndex("name")]
        permissions = [Permission.read(Role.any())]


class Walk:
    """The functions of the package that an operation calls; a generator counts each time that it is resumed."""

    def __init__(self, operation: Callable[[], object]) -> None:
        self.calls: Counter[CodeType] = Counter()
        sys.setprofile(self._note)
        try:
            operation()
        finally:
            sys.setprofile(None)
        self.files = sorted({str(Path(code.co_filename).relative_to(ROOT)) for code in self.calls})

    def _note(self, frame: FrameType, event: str, argument: object) -> None:
        file = frame.f_code.co_filename
        if event == "call" and file.startswith(str(ROOT)) and not file.startswith(LOCAL):
            self.calls[frame.f_code] += 1

    def __str__(self) -> str:
        packages = {file.partition("/")[0] for file in self.files}
        functions = f"{len(self.calls)} functions, {self.calls.total()} calls"
        return f"{len(self.files)} files, {len(packages)} packages, {functions}: {', '.join(self.files)}"

    def assert_at_most(self, files: int) -> None:
        print(self)
        assert len(self.files) <= files, str(self)


@pytest.fixture
def products(own_registry: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Five products, of a project that does not use the database backend.

    The cache need not prove again that it accepts changes, however slow the test is.
    """
    monkeypatch.setattr(pending, "PROOF", 3600)
    registry.add(Product)
    prepare(Product)
    fill()
    blocks_of_the_backend = other_blocks.copy()
    other_blocks.clear()
    yield
    other_blocks.extend(blocks_of_the_backend)


def fill() -> None:
    Product.objects.bulk_create([Product(name=f"p{n}", price=n, id=f"p{n}") for n in range(5)])
    Product(name="first", price=1).save()  # so that lazy imports of a save are done


@pytest.fixture
def products_over_http(products: None, settings: Any) -> Iterator[None]:
    """The same behind HTTP."""
    app = LocalAppwrite(":memory:")
    with closing(app), LocalServer(app, "127.0.0.1", 0) as server:
        settings.APPWRITE_ORM = {
            "default": {
                "ENDPOINT": server.endpoint,
                "PROJECT_ID": "local",
                "API_KEY": "local",
                "DATABASE_ID": "library",
            }
        }
        connections.reset()
        run_sync(migrate([Product]))
        fill()
        yield
        connections.reset()


def read() -> list[Product]:
    return list(Product.objects.filter(price__lt=20)[:20])


def test_files_of_a_hit(products_over_http: None) -> None:
    read()
    Walk(read).assert_at_most(21)


def test_files_of_a_miss(products_over_http: None) -> None:
    read()
    Product.objects.set_updated(False)
    Walk(read).assert_at_most(33)


def test_files_of_a_get_that_misses(products: None) -> None:
    Product.objects.get(pk="p1")
    Product.objects.set_updated(False)
    Walk(lambda: Product.objects.get(pk="p1")).assert_at_most(26)


def test_files_of_saving_a_new_row(products: None) -> None:
    product = Product(name="Dune", price=9.5)
    Walk(product.save).assert_at_most(23)


def test_files_of_saving_a_changed_row(products: None) -> None:
    product = Product.objects.get(pk="p1")
    product.price = 7
    Walk(product.save).assert_at_most(27)


def test_files_of_an_update_of_many_rows(products: None) -> None:
    Walk(lambda: Product.objects.filter(price__lt=3).update(stock=4)).assert_at_most(35)


def test_files_of_a_count_that_misses(products: None) -> None:
    Walk(lambda: Product.objects.filter(price__lt=3).count()).assert_at_most(31)


def test_files_of_a_migration_with_nothing_to_do(products: None) -> None:
    Walk(lambda: run_sync(migrate([Product]))).assert_at_most(30)


def test_files_of_a_migration_of_a_new_table(own_registry: None) -> None:
    registry.add(Product)
    Walk(lambda: run_sync(migrate([Product]))).assert_at_most(40)


@pytest.fixture
def delivery(own_registry: None, settings: Any) -> WSGIRequest:
    """A recorded delivery of a row's change, to a connection that has its secret."""
    hooks = recorded("webhooks")
    settings.ALLOWED_HOSTS = ["hook.example.com"]
    settings.APPWRITE_ORM = {
        "default": {
            **settings.APPWRITE_ORM["default"],
            "DATABASE_ID": "cb-ev",
            "WEBHOOK_SECRET": hooks["signature key"],
        }
    }
    connections.reset()
    for table in (Open, Own):
        registry.add(table)
    run_sync(migrate([Open, Own]))
    found = next(d for d in hooks["deliveries"] if ".rows." in d["headers"]["X-Appwrite-Webhook-Events"])
    return RequestFactory().generic(
        "POST", found["target"], found["body"], content_type="application/json", headers=found["headers"]
    )


def test_files_of_a_webhook(delivery: WSGIRequest) -> None:
    responses: list[int] = []
    Walk(lambda: responses.append(appwrite_webhook(delivery).status_code)).assert_at_most(30)
    assert responses == [204]
