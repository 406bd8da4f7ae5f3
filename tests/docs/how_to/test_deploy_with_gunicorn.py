"""gunicorn runs the project of the guide: with preload, a full cache, and a listener beside it."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.deployments import Deployment, call_appwrite, deployed, request
from tests.support.pages import code_blocks, commands
from tests.support.ports import free_port
from tests.support.waiting import until

PAGE = "how-to/deploy-with-gunicorn.md"
ROWS = "/tablesdb/main/tables/shop_product/rows"
# A reader in code that is imported, as the page allows under preload.
READS_WHILE_IMPORTED = "\nfrom shop.models import Product\nSEEN = list(Product.objects.all())\n"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Deployment]:
    with deployed(tmp_path) as made:
        yield made


def workers(port: int, count: int = 2) -> dict[str, str]:
    """The state of the cache that each of so many workers reports, by its process."""
    seen: dict[str, str] = {}

    def all_seen() -> bool:
        response = request(port, "/products/")
        seen.setdefault(response.headers["X-Process"], response.headers["X-Cache-Status"])
        return len(seen) == count

    until(all_seen)
    return seen


@pytest.mark.slow
def test_the_site(site: Deployment) -> None:
    site.run("python manage.py shell -c 'from shop.models import *; Product.objects.create(name=\"Lamp\", price=9)'")
    with (site.folder / "config" / "wsgi.py").open("a") as wsgi:
        wsgi.write(READS_WHILE_IMPORTED)
    port = free_port()
    configuration = site.folder / "gunicorn.conf.py"
    configuration.write_text(configuration.read_text().replace("8000", str(port)))
    install, migrate, check, warm, serve, listen, _ = commands(PAGE)
    assert "gunicorn" in install
    site.environment["APPWRITE_LISTEN_AS"] = "cache-listener"
    assert "no issues" in site.run(check)
    assert migrate == "python manage.py migrate"
    assert "products" in site.run(warm)
    with site.serving(serve, port, "/products/") as process:
        seen = workers(port)
        assert set(seen.values()) == {"HIT"}
        assert str(process.pid) not in seen  # the master serves nothing
        body = json.dumps({"name": "Sofa", "price": 300})
        writer = request(port, "/products/", body).headers["X-Process"]

        def shown_by_the_other() -> bool:
            response = request(port, "/products/")
            assert "Sofa" in response.body
            return response.headers["X-Process"] != writer

        until(shown_by_the_other)

        call_appwrite(site, "/users", {"userId": "cache-listener"})
        with site.background(listen, "istening"):
            until(lambda: workers(port) and request(port, "/products/").headers["X-Cache-Status"] == "HIT")
            call_appwrite(site, ROWS, {"rowId": "9" * 19, "data": {"name": "Chair", "price": 900, "stock": 1}})
            until(lambda: "Chair" in request(port, "/products/").body)

        process.send_signal(signal.SIGHUP)  # new workers
        until(lambda: request(port, "/products/").headers["X-Process"] not in seen)
    assert process.returncode == 0
    assert not re.search("Traceback|ERROR", site.output)


def test_the_units_start_what_the_page_starts() -> None:
    units = "\n".join(block.text for block in code_blocks(PAGE, "ini"))
    started = re.findall(r"^ExecStart(?:Pre)?=/srv/shop/venv/bin/(.*)$", units, re.MULTILINE)
    assert len(started) == 3
    assert set(started) <= set(commands(PAGE))
