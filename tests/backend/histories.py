"""Migrations made in a test: operations on one app, and its historical models after them."""

from __future__ import annotations

from typing import Any

from django.db import connection, migrations
from django.db.migrations.state import ProjectState

LABEL = "things"


class History:
    """The migrations of one app, applied one after the other."""

    def __init__(self) -> None:
        self.states = [ProjectState()]
        self.applied: list[migrations.Migration] = []

    def _migration(self, operations: Any) -> migrations.Migration:
        migration = migrations.Migration(f"{len(self.applied) + 1:04}", LABEL)
        migration.operations = list(operations)
        return migration

    def apply(self, *operations: Any) -> None:
        """Apply a migration with these operations; one that fails is not recorded."""
        migration = self._migration(operations)
        with connection.schema_editor(atomic=migration.atomic) as editor:
            state = migration.apply(self.states[-1].clone(), editor)
        self.states.append(state)
        self.applied.append(migration)

    def unapply(self) -> None:
        """Apply the last migration backwards."""
        with connection.schema_editor(atomic=True) as editor:
            self.applied[-1].unapply(self.states[-2].clone(), editor)
        del self.applied[-1], self.states[-1]

    def planned(self, *operations: Any) -> str:
        """Return the text that `sqlmigrate` prints."""
        migration = self._migration(operations)
        with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
            migration.apply(self.states[-1].clone(), editor, collect_sql=True)
        return "\n".join(editor.collected_sql)

    def model(self, name: str) -> Any:
        return self.states[-1].apps.get_model(LABEL, name)

    def rows(self, name: str, *fields: str) -> list[Any]:
        """Return the values of these fields, in the order of the primary keys."""
        return list(self.model(name).objects.order_by("pk").values_list(*fields, flat=len(fields) == 1))
