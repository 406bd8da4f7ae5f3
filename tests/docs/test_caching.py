"""The code on the caching page runs, block after block, as one program."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from django_appwrite_orm.registry import registry
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import migrate
from tests.support.pages import code_blocks

BLOCKS = code_blocks("reference/caching.md", "python")


@pytest.fixture
def tables():
    before = registry.all()
    yield
    for table in registry.all():
        if table not in before:
            registry.discard(table)


def test_the_code_on_the_page_runs(tables: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(BLOCKS) == 14
    program: dict = {"__name__": "page"}
    before = registry.all()
    for number, block in enumerate(BLOCKS):
        block.run(program)
        if number == 0:
            run_sync(migrate([table for table in registry.all() if table not in before]))
    said = capsys.readouterr().out
    assert "the cached results of this table are current" in said
    assert "users (HIT)" in said

    # The views of the page, asked as a client would.
    client = RequestFactory()
    body = '{"name": "Lamp", "price": 9.5, "category": "home"}'
    assert program["products"](client.post("/products", body, content_type="application/json")).status_code == 201
    for wrong in ("no json", '{"name": "Lamp"}', '{"name": 1, "price": 2, "category": "x"}', '{"nope": 1}'):
        answer = program["products"](client.post("/products", wrong, content_type="application/json"))
        assert answer.status_code == 400
    assert b"Lamp" in program["products"](client.get("/products")).content
    assert b'"count": 1' in program["refresh"](client.post("/products/refresh")).content
