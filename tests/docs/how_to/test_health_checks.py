"""The URLs of the guide respond as it says, also when something fails."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client, override_settings

from django_appwrite_orm.connection import connections
from tests.support.faulty_servers import answer, faulty
from tests.support.guides import Guide
from tests.support.ports import free_port

PAGE = "how-to/health-checks.md"
REFUSED = {"message": "The key is wrong.", "code": 401, "type": "user_unauthorized"}


def elsewhere(endpoint: str) -> Any:
    """The settings of a connection to another server."""
    connections.reset()
    given = {"ENDPOINT": endpoint, "PROJECT_ID": "p", "API_KEY": "k", "DATABASE_ID": "d", "RETRIES": 0}
    return override_settings(APPWRITE_ORM={"default": given})


def test_a_healthy_site(guide: Guide) -> None:
    assert guide.get("/alive/").content == b"ok"
    response = guide.get("/health/")
    assert response.status_code == 200
    assert response.content.decode() == guide.block("curl -s").text.splitlines()[1]


def test_a_wrong_key(guide: Guide, caplog: pytest.LogCaptureFixture) -> None:
    with faulty(*[answer(401, REFUSED)] * 9) as server, elsewhere(server.endpoint):
        response = guide.get("/health/")
    assert response.status_code == 503
    assert response.json() == json.loads(guide.block('["key"]').text)
    assert "user_unauthorized" in caplog.text


def test_a_server_that_is_away_leaves_the_process_alive(guide: Guide) -> None:
    with elsewhere(f"http://127.0.0.1:{free_port()}/v1"):
        assert guide.get("/health/").json()["connections"] == {"default": ["appwrite"]}
        assert guide.get("/alive/").status_code == 200


def test_hosts_and_redirects(guide: Guide) -> None:
    names: dict[str, Any] = {}
    guide.block("ALLOWED_HOSTS = ").run(names)
    guide.block("SECURE_REDIRECT_EXEMPT").run(names)
    names.pop("__builtins__")
    with override_settings(**names, SECURE_SSL_REDIRECT=True):
        assert Client().get("/alive/", headers={"host": "10.0.0.9"}).status_code == 400
        local = Client(headers={"host": "127.0.0.1"})
        assert [local.get(path).status_code for path in ("/alive/", "/health/", "/x/")] == [200, 200, 301]


def test_the_check_before_a_deployment(guide: Guide) -> None:
    (command, shown, *_) = guide.block("check --deploy").text.splitlines()
    assert command == "$ python manage.py check --deploy --tag appwrite_orm"
    with override_settings(DEBUG=True, SILENCED_SYSTEM_CHECKS=["appwrite_orm.W001", "appwrite_orm.E016"]):
        out = io.StringIO()
        call_command("check", deploy=True, tags=["appwrite_orm"], stdout=out, stderr=out, no_color=True)
    assert shown.partition(" (")[0] in out.getvalue()
