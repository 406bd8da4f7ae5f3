"""The Django app: registers the project's system checks and tables. Sends no request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import AppConfig
from django.conf import settings
from django.core.signals import setting_changed
from django.db import connections as databases
from django.db.models.signals import post_migrate

from .backend import ENGINE
from .conf import configured
from .conf.redaction import hide_secrets
from .conf.test_runs import note_test_command
from .connection import before_use, connections
from .signals import table_invalidated

if TYPE_CHECKING:
    from .connection import Connection
    from .sansio import Operation

_CHANNEL = "django_appwrite_orm.channel"
_TABLE_OPTIONS = "django_appwrite_orm.table_options"


class DjangoAppwriteORMConfig(AppConfig):
    """Registers what `tables.py` of each app declares."""

    name = "django_appwrite_orm"
    verbose_name = "Appwrite"

    def __init__(self, app_name: str, app_module: Any) -> None:
        super().__init__(app_name, app_module)
        note_test_command()  # before the ready() of any app, which may read rows

    def ready(self) -> None:
        """Register checks and tables, hide the secrets of the settings, follow CHANNEL_URL."""
        from . import checks  # noqa: F401 - registers the system checks
        from .registry import registry

        if _prepare_schema not in before_use:
            before_use.append(_prepare_schema)
        hide_secrets(getattr(settings, "APPWRITE_ORM", None))
        _follow_channel()
        setting_changed.connect(_follow_channel)
        registry.discover()
        registry.connect()
        if any(database["ENGINE"] == ENGINE for database in databases.settings.values()):
            from .backend.model_table import ids_made_by_migrations, possible_tables_of_models, tables_of_models

            if tables_of_models not in registry.other_tables:
                registry.other_tables.append(tables_of_models)
                registry.possible_tables.append(possible_tables_of_models)
                registry.other_ids.append(ids_made_by_migrations)
        post_migrate.connect(_set_table_options, dispatch_uid=_TABLE_OPTIONS)


def _prepare_schema(connection: Connection) -> Operation[None]:
    """Migrate or validate the schema of a connection with AUTO_MIGRATE or AUTO_VALIDATE."""
    from .schema.auto import ready

    yield from ready(connection)


def _set_table_options(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Give the tables of the app's models what their inner `class Appwrite` says."""
    connection: Any = databases[using]
    if connection.vendor == "appwrite":
        from .backend.schema.table_options import set_table_options

        set_table_options(sender, connection)


def _follow_channel(setting: str = "APPWRITE_ORM", **kwargs: Any) -> None:
    """Publish invalidations while a connection has a CHANNEL_URL.

    Without one there is no receiver, which would cost every asynchronous write a switch to a thread.
    """
    if setting != "APPWRITE_ORM":
        return
    if any(options.get("CHANNEL_URL") for options in configured().values()):
        table_invalidated.connect(_publish_invalidation, dispatch_uid=_CHANNEL)
    else:
        table_invalidated.disconnect(dispatch_uid=_CHANNEL)


def _publish_invalidation(sender: Any, reason: str, using: str, **kwargs: Any) -> None:
    """Publish an invalidation made here to the other services of the connection's CHANNEL_URL."""
    if connections[using].settings.channel_url and reason != "channel":
        from .events.pubsub import publish

        publish(sender, using)
