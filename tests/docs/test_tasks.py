"""The tasks on the page are carried out, by Django and by a worker of Celery."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path
from typing import Any

import django
import pytest

from django_appwrite_orm import Table, columns
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import migrate

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "celery-and-django-tasks.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)


class Product(Table):
    name = columns.String(size=50, required=True)
    stock = columns.Integer(default=0)
    price = columns.Float()

    class Meta:
        app_label = "library"
        name = "products"


@pytest.fixture
def product(own_registry: None, monkeypatch: pytest.MonkeyPatch) -> Product:
    run_sync(migrate([Product]))
    tables = types.ModuleType("shop.tables")
    tables.Product = Product  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "shop", types.ModuleType("shop"))
    monkeypatch.setitem(sys.modules, "shop.tables", tables)
    monkeypatch.setitem(sys.modules, "shop.tasks", types.ModuleType("shop.tasks"))  # tasks are found by their module
    return Product.objects.create(name="Lamp", stock=1)


def run(first: int, product: Product) -> dict[str, Any]:
    """Run the block of a task; return its names."""
    module = sys.modules["shop.tasks"]
    exec(compile(BLOCKS[first], f"{PAGE.name}, block {first}", "exec"), vars(module))
    module.product = product  # type: ignore[attr-defined]
    return vars(module)


@pytest.mark.skipif(django.VERSION < (6, 0), reason="Django has tasks from 6.0 on")
def test_a_task_of_django(product: Product, settings: Any) -> None:
    settings.TASKS = {"default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}}
    exec(BLOCKS[1], run(0, product))
    assert Product.objects.get(pk=product.pk).stock == 6


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")
def test_a_task_of_celery_in_a_worker(product: Product) -> None:
    from celery import Celery
    from celery.contrib.testing.worker import start_worker

    names = run(2, product)
    app = Celery("shop", broker="memory://", backend="cache+memory://", set_as_current=True)
    app.conf.task_serializer = "json"
    with start_worker(app, perform_ping_check=False, pool="solo"):
        task = names["set_price"]
        assert task.delay(product.pk, 9.5).get(timeout=30) is None
        exec(BLOCKS[3], names)
        assert task.delay(product.pk, 10.5).get(timeout=30) is None
    assert Product.objects.get(pk=product.pk).price == 10.5
