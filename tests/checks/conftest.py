"""A registry without the tables of other tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from django_appwrite_orm.registry import registry


@pytest.fixture
def own_registry() -> Iterator[None]:
    before = registry.all()
    for table in before:
        registry.discard(table)
    yield
    for table in registry.all():
        registry.discard(table)
    for table in before:
        registry.add(table)
