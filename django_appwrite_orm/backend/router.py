"""Keep the models of some apps on Appwrite and the others in another database."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, models
from django.db import connections as databases

from ..conf import DEFAULT_ALIAS
from ..routers import aliases
from . import ENGINE

ROUTER = f"{ENGINE}.router.AppwriteRouter"


def databases_of_apps() -> dict[str, str]:
    """Return the alias of its database for each label in `OPTIONS["apps"]` of the databases of this backend.

    Raises ImproperlyConfigured for a label that two databases have.
    """
    by_label: dict[str, str] = {}
    configured: dict[str, Any] = settings.DATABASES
    for alias, options in configured.items():
        if options.get("ENGINE") != ENGINE:
            continue
        for label in options.get("OPTIONS", {}).get("apps", ()):
            if by_label.setdefault(label, alias) != alias:
                raise ImproperlyConfigured(
                    f"DATABASES: the app {label!r} is in OPTIONS['apps'] of {by_label[label]!r} and of {alias!r}."
                    " Leave it in one of them."
                )
    return by_label


def database_of(table: Any) -> str:
    """Return the alias of the database for the model of a Table: the one whose NAME is the Table's connection.

    Among several it is the default one, else the first. Raises ImproperlyConfigured where there is none, or Django
    would not choose it.
    """
    connection = aliases[table]
    named = [
        alias
        for alias, options in databases.settings.items()
        if options["ENGINE"] == ENGINE
        and (options["NAME"] or DEFAULT_ALIAS) == connection
        and options.get("OPTIONS", {}).get("identity", "key") == "key"
    ]
    where = f"The rows of {table._meta.label} are on the connection {connection!r} of APPWRITE_ORM"
    if not named:
        raise ImproperlyConfigured(
            f"{where}, and no database of DATABASES leads there. Add DATABASES['appwrite'] = {{'ENGINE': {ENGINE!r},"
            f" 'NAME': {connection!r}}}, and DATABASE_ROUTERS = [{ROUTER!r}]."
        )
    if DEFAULT_DB_ALIAS in named:
        return DEFAULT_DB_ALIAS
    if not settings.DATABASE_ROUTERS:
        raise ImproperlyConfigured(
            f"{where}, which is database {named[0]!r}, and Django would look for them in the default one. Add"
            f" DATABASE_ROUTERS = [{ROUTER!r}]."
        )
    return named[0]


def _connection_of(alias: str) -> str | None:
    """Return the alias in APPWRITE_ORM to which a database leads; None for one of another engine."""
    options = databases.settings.get(alias, {})
    return (options["NAME"] or DEFAULT_ALIAS) if options.get("ENGINE") == ENGINE else None


def _own_database(hints: dict[str, Any], connection: str) -> str | None:
    """Return the database from which the instance in `hints` was read, if it leads to this connection."""
    instance = hints.get("instance")
    own = instance._state.db if isinstance(instance, models.Model) else None
    return own if own is not None and _connection_of(own) == connection else None


class AppwriteRouter:
    """A database router: `DATABASE_ROUTERS = ["django_appwrite_orm.backend.router.AppwriteRouter"]`.

    The models of the apps in `OPTIONS["apps"]` of a database are read, written and migrated there, those of
    `model_of()` in the database of their Table. A row that was read through another database of the same connection
    stays in that one, and so do the rows related to it. An example is a database for users.
    The next router and the default database have the other apps. A database with `apps` that is not the default one
    gets none of their tables.
    """

    @cached_property
    def _aliases(self) -> dict[str, str]:
        return databases_of_apps()

    def db_for_read(self, model: type[models.Model], **hints: Any) -> str | None:
        """Return the alias of the database of the row, or of the model's app."""
        if (table := getattr(model, "declared_table", None)) is not None:
            return _own_database(hints, aliases[table]) or database_of(table)
        alias = self._aliases.get(model._meta.app_label)
        return alias and (_own_database(hints, str(_connection_of(alias))) or alias)

    db_for_write = db_for_read

    def allow_relation(self, obj1: models.Model, obj2: models.Model, **hints: Any) -> bool | None:
        """Raise ValueError for objects of two databases where one is of an app in `apps`; leave others alone."""
        if not {obj1._meta.app_label, obj2._meta.app_label} & self._aliases.keys():
            return None
        one, other = self._database_of(obj1), self._database_of(obj2)
        if one != other and (_connection_of(one) is None or _connection_of(one) != _connection_of(other)):
            raise ValueError(
                f"{obj1._meta.label} is in database {one!r} and {obj2._meta.label} in {other!r}: no relation can lead"
                " from one to the other. Keep the primary key in a plain field, or both apps in one database."
            )
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        """Return whether the app's tables are in this database; None where that is not for this router to say."""
        if (table := getattr(hints.get("model"), "declared_table", None)) is not None:
            return db == database_of(table)
        if app_label in self._aliases:
            return db == self._aliases[app_label]
        return False if db != DEFAULT_DB_ALIAS and db in self._aliases.values() else None

    def _database_of(self, obj: models.Model) -> str:
        return obj._state.db or self.db_for_write(type(obj)) or DEFAULT_DB_ALIAS
