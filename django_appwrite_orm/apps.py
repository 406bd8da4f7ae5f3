"""The app: finds the tables of the project. It asks nothing of any server."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.signals import setting_changed
from django.utils.module_loading import module_has_submodule

if TYPE_CHECKING:
    from .connection import Connection
    from .sansio import Operation

_CHANNEL = "django_appwrite_orm.channel"


class DjangoAppwriteORMConfig(AppConfig):
    name = "django_appwrite_orm"
    verbose_name = "Appwrite"

    def __init__(self, app_name: str, app_module: Any) -> None:
        from .conf.test_runs import note_test_command

        super().__init__(app_name, app_module)
        note_test_command()  # before the ready() of any app, which may read rows

    def ready(self) -> None:
        from . import checks  # noqa: F401 - registers the system checks
        from .conf.redaction import hide_secrets
        from .connection import before_use
        from .registry import registry

        if _look_after_schema not in before_use:
            before_use.append(_look_after_schema)
        hide_secrets(getattr(settings, "APPWRITE_ORM", None))
        _follow_channel()
        setting_changed.connect(_follow_channel)
        for app in apps.get_app_configs():
            if app.module is not None and app.name != self.name and module_has_submodule(app.module, "tables"):
                _register_tables(import_module(f"{app.name}.tables"))
        registry.connect()


def _register_tables(module: ModuleType) -> None:
    """Register the table classes that are defined in `module`. A project without tables does not load querysets."""
    from .querysets import Table
    from .registry import registry

    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Table) and _is_of(value, module.__name__):
            registry.add(value)


def _look_after_schema(connection: Connection) -> Operation[None]:
    """AUTO_MIGRATE and AUTO_VALIDATE; the schema package is imported where one of them is on."""
    if connection.settings.auto_migrate or connection.settings.auto_validate:
        from .schema.auto import ready

        yield from ready(connection)


def _follow_channel(setting: str = "APPWRITE_ORM", **kwargs: Any) -> None:
    """Have other services told where a connection has a CHANNEL_URL. Without one there is no receiver, which would
    cost every asynchronous write a turn in a thread."""
    from .conf import configured
    from .signals import table_invalidated

    if setting != "APPWRITE_ORM":
        return
    if any(given.get("CHANNEL_URL") for given in configured().values()):
        table_invalidated.connect(_tell_others, dispatch_uid=_CHANNEL)
    else:
        table_invalidated.disconnect(dispatch_uid=_CHANNEL)


def _tell_others(sender: Any, reason: str, using: str, **kwargs: Any) -> None:
    """Pass on what became a miss here, where the connection has a CHANNEL_URL; only then is Redis imported."""
    from .connection import connections

    if connections[using].settings.channel_url and reason != "channel":
        from .events.pubsub import publish

        publish(sender, using)


def _is_of(table: type, module: str) -> bool:
    """Whether a class is from `module`, or from inside it where tables.py is a package; imported ones are not."""
    return f"{table.__module__}.".startswith(f"{module}.")
