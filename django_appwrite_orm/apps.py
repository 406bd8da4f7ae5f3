"""The app: finds the tables of the project. It asks nothing of any server."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig, apps
from django.utils.module_loading import module_has_submodule


class DjangoAppwriteORMConfig(AppConfig):
    name = "django_appwrite_orm"
    verbose_name = "Appwrite"

    def ready(self) -> None:
        from . import checks  # noqa: F401 - registers the system checks
        from .queries import Table
        from .registry import registry

        for app in apps.get_app_configs():
            if app.module is None or app.name == self.name or not module_has_submodule(app.module, "tables"):
                continue
            module = import_module(f"{app.name}.tables")
            for value in vars(module).values():
                if isinstance(value, type) and issubclass(value, Table) and _is_of(value, module.__name__):
                    registry.add(value)


def _is_of(table: type, module: str) -> bool:
    """Whether a class is from `module`, or from inside it where tables.py is a package; imported ones are not."""
    return f"{table.__module__}.".startswith(f"{module}.")
