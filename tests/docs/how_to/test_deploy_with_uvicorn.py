"""uvicorn runs the project of the guide: asynchronous views, warmed workers, a clean end."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.deployments import call_appwrite, deployed, request
from tests.support.pages import code_blocks, commands
from tests.support.redis_server import free_port
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
            headers = str(request(port, "/notes/").headers)
            shown = [line for block in code_blocks(PAGE, "console") for line in block.text.splitlines() if ": " in line]
            assert all(line in headers for line in shown if line.startswith("X-Cache"))
            assert request(port, "/summary/").body == '{"notes": 1, "products": 0}'
            assert str(process.pid) not in seen
        assert process.returncode in (0, -15)  # uvicorn ends by the signal that it got
        assert site.output.count("Application shutdown complete") == 2
        assert not re.search("Traceback|ERROR", site.output)
