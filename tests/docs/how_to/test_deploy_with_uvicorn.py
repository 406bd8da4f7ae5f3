"""uvicorn runs the project of the guide: asynchronous views, warmed workers, a clean end."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.test import override_settings

from django_appwrite_orm.cache import recording
from django_appwrite_orm.connection import connections
from tests.support.deployments import call_appwrite, deployed, request
from tests.support.guides import Guide
from tests.support.pages import code_blocks, commands
from tests.support.ports import free_port
from tests.support.waiting import until

PAGE = "how-to/deploy-with-uvicorn.md"


@pytest.mark.slow
def test_the_site(tmp_path: Path) -> None:
    _, migrate, migrate_tables, check, serve, _ = commands(PAGE)
    with deployed(tmp_path, PAGE) as site:
        assert migrate == "python manage.py migrate"
        assert "Create table notes" in site.run(migrate_tables)
        assert "no issues" in site.run(check)
        call_appwrite(site, "/tablesdb/main/tables/notes/rows", {"rowId": "one", "data": {"text": "Call Ada"}})
        port = free_port()
        seen: dict[str, str] = {}

        def by_both_workers() -> bool:
            response = request(port, "/notes/")
            assert response.body == '{"notes": ["Call Ada"]}'
            seen.setdefault(response.headers["X-Process"], response.headers["X-Cache-Status"])
            return len(seen) == 2

        with site.serving(serve.replace("8000", str(port)), port, "/health-of-nothing/") as process:
            until(by_both_workers)
            assert set(seen.values()) == {"HIT"}
            headers = str(request(port, "/notes/").headers).lower()  # httptools keeps the case of ASGI, h11 does not
            shown = [line for block in code_blocks(PAGE, "console") for line in block.text.splitlines() if ": " in line]
            assert all(line.lower() in headers for line in shown if line.startswith("X-Cache"))
            assert request(port, "/summary/").body == '{"notes": 1, "products": 0}'
            assert str(process.pid) not in seen
        assert process.returncode in (0, -15)  # uvicorn ends by the signal that it got
        assert site.output.count("Application shutdown complete") == 2
        assert not re.search("Traceback|ERROR", site.output)


def start_and_stop(guide: Guide) -> list[str]:
    """What the application sends to a server that starts and stops."""
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[str] = []

    async def receive() -> dict[str, str]:
        return messages.pop(0)

    async def send(message: dict[str, str]) -> None:
        sent.append(message["type"])

    asyncio.run(guide.module("config.asgi").application({"type": "lifespan"}, receive, send))
    return sent


def test_a_worker_starts_with_a_full_cache(guide: Guide) -> None:
    assert start_and_stop(guide) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    with recording() as record:
        list(guide.rows("Note", "shop.tables").all())
    assert record.worst.name == "HIT"


def test_a_worker_that_cannot_read_does_not_start(guide: Guide) -> None:
    nowhere = {"ENDPOINT": f"http://127.0.0.1:{free_port()}/v1", "PROJECT_ID": "p", "API_KEY": "k", "DATABASE_ID": "d"}
    connections.reset()
    with override_settings(APPWRITE_ORM={"default": {**nowhere, "RETRIES": 0}}), pytest.raises(CommandError):
        start_and_stop(guide)
