"""The code on the page about observability runs."""

from __future__ import annotations

import re
from typing import Any

from django.test import RequestFactory
from django.utils.module_loading import import_string

from django_appwrite_orm.contrib.opentelemetry import uninstrument
from django_appwrite_orm.signals.observers import observers
from tests.backend import shop
from tests.support.library.tables import Book
from tests.support.pages import DOCS, code_blocks
from tests.support.prometheus import unregister_statistics

PAGE = "reference/observability.md"


def run(containing: str, **names: Any) -> dict[str, Any]:
    """Run the one block with this text; return its names."""
    [block] = [block for block in code_blocks(PAGE, "python") if containing in block.text]
    block.run(names)
    return names


def test_the_panel_can_be_imported_by_its_name() -> None:
    panel = import_string(run("DEBUG_TOOLBAR_PANELS")["DEBUG_TOOLBAR_PANELS"][0])
    assert (panel.panel_id, panel.is_async) == ("AppwritePanel", True)


def test_the_statistics_are_in_the_response_of_the_view(library: None) -> None:
    run("register_statistics")["ShopConfig"]("shop", shop).ready()
    try:
        Book.objects.count()
        response = run("generate_latest")["metrics"](RequestFactory().get("/metrics"))
    finally:
        unregister_statistics()
    text = response.content.decode()
    assert 'appwrite_orm_reads_total{status="miss",table="books"} 1.0' in text
    metrics = set(re.findall(r"^\| `(appwrite_orm_\w+)` \|", (DOCS / PAGE).read_text(), re.MULTILINE))
    assert metrics == {
        name for name in re.findall(r"^(appwrite_orm_\w+)", text, re.MULTILINE) if "_created" not in name
    }


def test_spans_are_made_after_instrument(library: None) -> None:
    run("instrument()")["TracedShopConfig"]("shop", shop).ready()
    try:
        assert [type(observer).__name__ for observer in observers] == ["_Spans"]
        assert Book.objects.count() == 0
    finally:
        uninstrument()
