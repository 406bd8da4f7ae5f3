"""The commands of the guide deliver a webhook to a site that sees another URL than Appwrite called."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core.handlers.wsgi import WSGIHandler

from django_appwrite_orm import signals
from django_appwrite_orm.cache import recording
from tests.support.guides import Guide, guide_project
from tests.support.pages import code_blocks

PAGE = "how-to/receive-webhooks-behind-a-proxy.md"
SECRET = "a secret of the tests"
HOSTS = ["shop.example", "127.0.0.1"]


class Quiet(WSGIRequestHandler):
    def log_message(self, *given: object) -> None:
        pass


@pytest.fixture
def site(tmp_path: Any, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Guide, int]]:
    """The site of the guide on a port of its own; requests come from the proxy."""
    monkeypatch.setenv("APPWRITE_WEBHOOK_SECRET", SECRET)
    with guide_project(PAGE, tmp_path, django_db_blocker, ALLOWED_HOSTS=HOSTS) as guide:
        server = make_server("127.0.0.1", 0, WSGIHandler(), handler_class=Quiet)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield guide, server.server_port
        server.shutdown()
        thread.join()
        server.server_close()


def read(guide: Guide) -> str:
    """The status of the cache for a read of the products."""
    with recording() as record:
        list(guide.rows("Product").all())
    return record.worst.name


def deliver(port: int, **replace: str) -> str:
    """Run the commands of the page; return what they print."""
    (block,) = code_blocks(PAGE, "sh")
    # The project of the tests has another database.
    script = block.text.replace("127.0.0.1:8000", f"127.0.0.1:{port}").replace('"main"', '"guide"')
    script = script.replace("databases.main.", "databases.guide.")
    for old, new in replace.items():
        script = script.replace(old, new)
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_delivery_invalidates(site: tuple[Guide, int]) -> None:
    guide, port = site
    read(guide)
    assert read(guide) == "HIT"
    assert deliver(port) == "204"
    assert read(guide) == "MISS"


def test_as_a_proxy_passes_it_on(site: tuple[Guide, int]) -> None:
    """With the Host and the scheme of another machine."""
    guide, port = site
    read(guide)
    extra = "-H 'X-Forwarded-Proto: https' -H 'Host: shop.example' --data-raw"
    assert deliver(port, **{"--data-raw": extra}) == "204"
    assert read(guide) == "MISS"


@pytest.mark.parametrize(
    "changed",
    [
        {"https://shop.example/appwrite/": "https://shop.example/appwrite"},
        {'-hmac "$APPWRITE_WEBHOOK_SECRET"': '-hmac "another secret"'},
        {'--data-raw "$BODY"': "--data-raw '{}'"},
    ],
    ids=["URL", "secret", "body"],
)
def test_what_is_not_signed_is_refused(
    changed: dict[str, str], site: tuple[Guide, int], caplog: pytest.LogCaptureFixture
) -> None:
    guide, port = site
    read(guide)
    assert deliver(port, **changed) == "401"
    assert read(guide) == "HIT"
    assert [record.name for record in caplog.records] == ["django_appwrite_orm.events"]


def test_a_replay_costs_a_miss(site: tuple[Guide, int]) -> None:
    _, port = site
    assert [deliver(port), deliver(port)] == ["204", "204"]


def test_a_row_that_does_not_fit_the_model(site: tuple[Guide, int], caplog: pytest.LogCaptureFixture) -> None:
    """Such as one made in the console: Appwrite would switch the webhook off after ten failures."""
    guide, port = site
    read(guide)
    sent: list[object] = []

    def changed(**given: object) -> None:
        sent.append(given)

    signals.row_changed.connect(changed)
    try:
        assert deliver(port, **{"0000000000000000007": "made-by-hand"}) == "204"
    finally:
        signals.row_changed.disconnect(changed)
    assert read(guide) == "MISS"
    assert sent == []
    assert "The row 'made-by-hand' has no number for an id" in caplog.text
