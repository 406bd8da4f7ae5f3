"""AppwriteAdmin in a browser: by keyboard, on a phone, in the dark, under a strict Content-Security-Policy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from selenium.webdriver import Keys

from tests.browser import sites
from tests.browser.window import Window
from tests.support.tables import made_once

PROJECT = Path(__file__).parents[1] / "contrib" / "admin" / "project"


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any) -> Iterator[str]:
    monkeypatch.syspath_prepend(str(PROJECT))
    with sites.settings_of(PROJECT), django_db_blocker.unblock():
        made_once(sites.migrate, "office")
        get_user_model().objects.create_superuser("root", "root@example.org", "secret")
        with sites.serving() as address:
            yield address


def test_login(window: Window) -> None:
    window.open("/admin/")
    window.inspect("admin-login")
    window.tab_to("#id_username")
    window.type("root")
    window.tab_to("#id_password")
    window.type("secret")
    window.submit(Keys.ENTER)
    assert window.path == "/admin/"
    window.inspect("admin-index")
