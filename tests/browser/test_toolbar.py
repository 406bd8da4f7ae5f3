"""The panel of Django Debug Toolbar in a browser, under a strict Content-Security-Policy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings
from selenium.webdriver.common.by import By

from tests import settings
from tests.backend.conftest import shop_with
from tests.browser import sites
from tests.browser.window import SCHEMES, Window
from tests.support.library.tables import Book


@pytest.fixture
def address(django_db_blocker: Any) -> Iterator[str]:
    apps = ["django.contrib.contenttypes", "django.contrib.staticfiles", "debug_toolbar", *settings.INSTALLED_APPS]
    with (
        override_settings(
            INSTALLED_APPS=apps,
            DEBUG=True,
            INTERNAL_IPS=["127.0.0.1"],
            ROOT_URLCONF="tests.contrib.toolbar.urls",
            SECURE_CSP=sites.STRICT,
            MIDDLEWARE=[sites.CSP_MIDDLEWARE, "debug_toolbar.middleware.DebugToolbarMiddleware"],
        ),
        shop_with(django_db_blocker, Book),
        sites.serving() as address,
    ):
        yield address


PANEL = {"fromShadowDom": ["#djDebugRoot", "#AppwritePanel"]}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_panel_shows_each_read_and_where_it_comes_from(window: Window, scheme: str) -> None:
    window.prefer(scheme)  # which the toolbar looks at when it is loaded
    window.open("/tables")
    toolbar = window.element("#djDebugRoot").shadow_root
    toolbar.find_element(By.CSS_SELECTOR, "#djdt-AppwritePanel a").click()
    panel = toolbar.find_element(By.ID, "AppwritePanel")
    window.wait(lambda: panel.find_elements(By.TAG_NAME, "table"), "the panel was not loaded")
    panel.find_element(By.CSS_SELECTOR, ".djToggleSwitch").click()
    window.wait(lambda: "in tables" in panel.text, "no stack is shown")
    window.screenshot(f"toolbar-panel-1280-{scheme}")
    assert window.findings(f"toolbar-panel-1280-{scheme}", PANEL) == []
