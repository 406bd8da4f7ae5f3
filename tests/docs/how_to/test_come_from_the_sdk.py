"""The SDK and the tables of the guide write the same rows."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
from django.core.management import call_command

from django_appwrite_orm.connection import connections
from django_appwrite_orm.local.http.server import LocalServer
from django_appwrite_orm.transport import open_local
from tests.support.guides import Guide
from tests.support.pages import DOCS

PAGE = "how-to/come-from-the-sdk.md"


@pytest.fixture
def served(guide: Guide, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guide]:
    """The Appwrite of this process, also over HTTP, for the SDK's own client."""
    with LocalServer(open_local(":memory:"), port=0) as server:
        monkeypatch.setenv("APPWRITE_ENDPOINT", server.endpoint)
        monkeypatch.setenv("APPWRITE_PROJECT_ID", "local")
        monkeypatch.setenv("APPWRITE_API_KEY", "local")
        yield guide


@pytest.mark.filterwarnings("ignore")  # the SDK's services are full of deprecated methods
def test_both_at_the_same_time(served: Guide) -> None:
    blocks = [block.text.replace('"main"', '"guide"') for block in served_blocks(served)]
    sdk, table, both, users = blocks
    names: dict[str, object] = {}
    tasks = served.rows("Tasks", "shop.tables")
    for number, block in enumerate((sdk, table, both), start=1):
        exec(compile(block, PAGE, "exec"), names)
        assert len(tasks.all()) == number
    assert sorted(task.title for task in tasks.all()) == ["Oil the hinges", "Paint the door", "Paint the wall"]
    exec(compile(users, PAGE, "exec"), names)
    assert names["users"].get("ada").email == "ada@example.com"  # type: ignore[attr-defined]


def served_blocks(guide: Guide) -> list[object]:
    from tests.support.pages import code_blocks

    return [block for block in code_blocks(guide.page, "python") if block.file is None]


def test_a_write_of_the_sdk_alone_is_not_seen(served: Guide) -> None:
    """Why the guide calls set_updated(False)."""
    tasks = served.rows("Tasks", "shop.tables")
    assert list(tasks.all()) == []
    client = connections["default"].sdk_client()
    path = "/tablesdb/guide/tables/tasks/rows"
    client.call("post", path, {"content-type": "application/json"}, {"rowId": "one", "data": {"title": "x"}})
    assert list(tasks.all()) == []
    served.module("shop.tables")
    from django_appwrite_orm import orm

    orm.table("tasks").set_updated(False)
    assert len(tasks.all()) == 1


def test_the_class_is_what_inspect_appwrite_prints(served: Guide) -> None:
    out = io.StringIO()
    call_command("inspect_appwrite", "tasks", stdout=out)
    fields = re.findall(r"^    (\w+ = columns.*)$", out.getvalue(), re.MULTILINE)
    page = (DOCS / PAGE).read_text()
    assert len(fields) == 2
    assert all(field in page for field in fields)
    assert served.command("python manage.py migrate_appwrite --plan").endswith("Nothing to do.\n")


def test_the_calls_in_the_table_exist(served: Guide) -> None:
    from appwrite.services.tables_db import TablesDB

    table = re.findall(r"^\| `(?:Query\.\w+.*|(\w+)\()", (DOCS / PAGE).read_text(), re.MULTILINE)
    for name in filter(None, table):
        assert hasattr(TablesDB, name), name
