"""`manage.py makemigrations`, which leaves out the models of tables."""

from __future__ import annotations

from django.core.management.commands.makemigrations import Command as MakeMigrations
from django.db.migrations.autodetector import MigrationAutodetector

from ...backend.bridge.autodetector import without_tables


class Command(MakeMigrations):
    @property
    def autodetector(self) -> type[MigrationAutodetector]:  # type: ignore[override]
        return without_tables(MakeMigrations.autodetector)
