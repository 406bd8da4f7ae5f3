"""Migrations without the models of tables: `migrate_appwrite` makes those tables."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.apps import apps
from django.db import models
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.state import ProjectState


def without_tables(autodetector: type[MigrationAutodetector]) -> type[MigrationAutodetector]:
    """Return an autodetector that does not see the models of tables: the same one where there are none.

    A project in which another app replaces `makemigrations` or `migrate` gives the commands of that app
    `autodetector = without_tables(MigrationAutodetector)`.
    """
    hashable: Any = autodetector
    return _without_tables(hashable) if any(map(is_of_a_table, _models())) else autodetector


@cache
def _without_tables(autodetector: Any) -> type[MigrationAutodetector]:
    class Autodetector(autodetector):  # type: ignore[misc]
        def __init__(self, from_state: ProjectState, to_state: ProjectState, questioner: Any = None) -> None:
            for model in filter(is_of_a_table, _models()):
                to_state.models.pop((model._meta.app_label, model._meta.model_name), None)
            super().__init__(from_state, to_state, questioner)

    return Autodetector


def _models() -> list[type[models.Model]]:
    return apps.get_models(include_auto_created=True)


def is_of_a_table(model: type[models.Model]) -> bool:
    """Whether the model, or the one it is a proxy of, was made by `model_of()`."""
    return getattr(model, "declared_table", None) is not None
