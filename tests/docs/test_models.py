"""The code on the page about models runs, block after block, as one program."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import isolate_apps

from django_appwrite_orm.backend.base import BackendOptions
from tests.support.pages import code_blocks

# tests/backend/bridge/test_admin.py runs the one for admin.py.
SETTINGS, MODELS, *PROGRAM = (
    block for block in code_blocks("reference/models.md", "python") if "django.contrib import admin" not in block.text
)


@isolate_apps("tests.backend.shop")
def test_the_code_on_the_page_runs(django_db_blocker: Any, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {"__name__": "tests.backend.shop.page"}
    with django_db_blocker.unblock():
        SETTINGS.run(names)
        MODELS.run(names)
        with connection.schema_editor() as editor:
            editor.create_model(names["Publisher"])
            editor.create_model(names["Book"])
        for block in PROGRAM:
            block.run(names)
        connection.close()
        book, publisher = names["Book"], names["Publisher"]
        assert list(book.objects.order_by("title").values_list("title", "stock")) == [("Dune", 0), ("Dune Messiah", 2)]
        assert [row.name for row in publisher.objects.all()] == ["Chilton"]
        connection.close()
    strategies = re.findall(r"^Strategy: (.*)$", capsys.readouterr().out, re.MULTILINE)
    assert strategies == ["direct", "joined", "in memory (a condition on a joined table)"]


def test_the_options_on_the_page_are_the_defaults() -> None:
    names: dict[str, Any] = {}
    SETTINGS.run(names)
    options = names["DATABASES"]["default"]["OPTIONS"]
    assert BackendOptions.of("default", options) == BackendOptions()
