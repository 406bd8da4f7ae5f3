"""Documented names that have moved are still there, with a warning that says where to."""

from __future__ import annotations

from importlib import import_module

import pytest


@pytest.mark.parametrize(
    ("module", "name", "new_module", "new_name"),
    [
        ("steps", "run", "sansio", "run_sync"),
        ("steps", "arun", "sansio", "run_async"),
        ("schema", "Rules", "schema", "MigrationOptions"),
        ("schema", "Plan", "schema", "MigrationPlan"),
        ("schema.data", "dump", "interchange", "dump"),
        ("schema.data", "load", "interchange", "load"),
    ],
)
def test_a_moved_name_warns_and_works(module: str, name: str, new_module: str, new_name: str) -> None:
    new = getattr(import_module(f"django_appwrite_orm.{new_module}"), new_name)
    with pytest.warns(DeprecationWarning, match=f"{name} is deprecated"):
        assert getattr(import_module(f"django_appwrite_orm.{module}"), name) is new


@pytest.mark.parametrize("module", ["steps", "schema", "schema.data"])
def test_an_unknown_name_is_missing(module: str) -> None:
    with pytest.raises(AttributeError, match="no attribute"):
        getattr(import_module(f"django_appwrite_orm.{module}"), module + "x")
