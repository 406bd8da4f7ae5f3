"""The example project with its sample data, for the tests that import these fixtures."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from django_appwrite_orm import orm
from tests.browser import sites
from tests.example.conftest import airports, products, site

__all__ = ["address", "airports", "products", "site"]


@pytest.fixture
def address(site: None, products: list, airports: list) -> Iterator[str]:
    with sites.serving() as address:
        yield address
    orm.close_listeners()  # of the live page: another one would get those of a store that is gone
