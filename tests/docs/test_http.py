"""The fragments on the page about HTTP are rendered, by both template engines."""

from __future__ import annotations

from typing import Any

import pytest
from django.template import Context, Template
from jinja2 import Environment

from django_appwrite_orm import Table, columns
from django_appwrite_orm.cache import recording
from django_appwrite_orm.contrib.jinja2 import CacheTables
from django_appwrite_orm.registry import registry
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import migrate
from tests.support.pages import code_blocks


class Maker(Table):
    name = columns.String(size=50, required=True)

    class Meta:
        app_label = "library"
        name = "makers"


class Product(Table):
    name = columns.String(size=50, required=True)
    maker = columns.Reference(Maker)

    class Meta:
        app_label = "library"
        name = "products"


@pytest.mark.parametrize("engine", ["django", "jinja"])
def test_the_fragment_is_rendered_again_after_a_change(engine: str, own_registry: None) -> None:
    registry.add(Maker)
    registry.add(Product)
    run_sync(migrate([Maker, Product]))
    blocks = code_blocks("reference/http.md", engine)
    [source] = [block.text for block in blocks if "cachetables" in block.text]
    ada = Maker.objects.create(name="Ada")
    Product.objects.create(name="Lamp", maker=ada)

    def shown() -> str:
        values: dict[str, Any] = {"products": Product.objects.all(), "language": "en", "LANGUAGE_CODE": "en"}
        with recording() as log:
            if engine == "django":
                text = Template(source).render(Context(values))
            else:
                text = Environment(extensions=[CacheTables]).from_string(source).render(values)
        statuses.append(log.worst.name)
        return text.strip()

    statuses: list[str] = []
    assert shown() == shown() == "<li>Lamp by Ada</li>"
    ada.name = "Bob"
    ada.save()
    assert shown() == shown() == "<li>Lamp by Bob</li>"
    assert statuses == ["MISS", "HIT", "MISS", "HIT"]
