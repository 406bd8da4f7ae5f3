"""`OPTIONS` of a database on Appwrite."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import modify_settings

from django_appwrite_orm.backend.base import BackendOptions


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"row": 5}, r"DATABASES\['appwrite'\]\['OPTIONS'\]: unknown option 'row'. Did you mean: rows\?"),
        ({"rows": 0}, "rows must be a whole number above 0, not 0"),
        ({"rows": True}, "rows must be a whole number above 0"),
        ({"in_memory": "never"}, "in_memory must be 'allow' or 'refuse', not 'never'"),
        ({"atomic": True}, "atomic must be 'staged' or 'off', not True"),
        ({"identity": "ada"}, "identity must be 'key' or 'user', not 'ada'"),
        ({"apps": "shop"}, "apps must be a list of app labels, not 'shop'"),
    ],
)
def test_options_that_are_not_known_or_of_another_kind_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=message):
        BackendOptions.of("appwrite", options)


def test_options_have_defaults() -> None:
    assert BackendOptions.of("appwrite", {}) == BackendOptions("allow", 20_000, "staged", ())


def test_the_app_has_to_be_installed() -> None:
    """Without it no other check would run."""
    assert connection.validation.check() == []
    with modify_settings(INSTALLED_APPS={"remove": "django_appwrite_orm"}):
        assert [(found.id, "'default'" in found.msg) for found in connection.validation.check()] == [
            ("appwrite.E118", True)
        ]
