"""`manage.py migrate`, which does not ask for migrations of the models of tables."""

from __future__ import annotations

from django.core.management.commands.migrate import Command as Migrate
from django.db.migrations.autodetector import MigrationAutodetector

from ...backend.bridge.autodetector import without_tables


class Command(Migrate):
    @property
    def autodetector(self) -> type[MigrationAutodetector]:  # type: ignore[override]
        return without_tables(Migrate.autodetector)
