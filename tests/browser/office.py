"""A site with AppwriteAdmin, for the tests that import these fixtures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.test import Client

from tests.browser import sites
from tests.browser.window import Window
from tests.support.tables import made_once

__all__ = ["address", "admin"]
PROJECT = Path(__file__).parents[1] / "contrib" / "admin" / "project"


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any) -> Iterator[str]:
    monkeypatch.syspath_prepend(str(PROJECT))
    with sites.settings_of(PROJECT), django_db_blocker.unblock():
        made_once(sites.migrate, "office")
        apps.get_model("contenttypes.ContentType").objects.clear_cache()  # of another project
        get_user_model().objects.create_superuser("root", "root@example.org", "secret")
        with sites.serving() as address:
            yield address


@pytest.fixture
def admin(window: Window) -> Window:
    """A window whose user is logged in."""
    client = Client()
    client.force_login(get_user_model().objects.get())
    window.open("/admin/login/")
    window.driver.add_cookie({"name": "sessionid", "value": client.cookies["sessionid"].value})
    return window
