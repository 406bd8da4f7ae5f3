"""`manage.py shell` of Django, which imports tables by itself as it imports models."""

from __future__ import annotations

from django.core.management.commands import shell

from ...registry import registry


class Command(shell.Command):
    def get_auto_imports(self) -> list[str] | None:
        """Add `orm` and the tables; of two with one name, that of the earlier app, or a model, is imported."""
        imports = super().get_auto_imports()
        if imports is None:
            return None
        tables = [table for table in reversed(registry.all()) if table.__qualname__ == table.__name__]
        return ["django_appwrite_orm.orm", *(f"{table.__module__}.{table.__name__}" for table in tables), *imports]
