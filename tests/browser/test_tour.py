"""The example project in a browser: each page on a desktop and a phone, light and dark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser import sites
from tests.browser.window import Window
from tests.example.conftest import airports, products, site  # noqa: F401


@pytest.fixture
def address(site: None) -> Iterator[str]:  # noqa: F811
    with sites.serving() as address:
        yield address


PAGES = {
    "home": "/",
    "shop": "/shop/",
    "airports": "/airports/",
    "airport": "/airports/EGLL/",
    "airports-search": "/airports/search/?q=london",
    "airports-all": "/airports/all/",
    "airports-add": "/airports/add/",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page(window: Window, products: list, airports: list, name: str) -> None:  # noqa: F811
    window.open(PAGES[name])
    window.inspect(f"tour-{name}")
