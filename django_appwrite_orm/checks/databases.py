"""Checks of `OPTIONS["apps"]` of databases, of relations between two of them, and of caches that are kept in one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from django.apps import apps
from django.conf import settings
from django.core.cache.backends.db import BaseDatabaseCache
from django.core.checks import CheckMessage, Error, Warning
from django.db import connections as databases
from django.db import models, router
from django.utils.module_loading import import_string

from ..backend import ENGINE
from ..backend.router import AppwriteRouter, databases_of_apps
from ..conf import configured
from .caches import class_at


def database_problems(checked: Iterable[type[models.Model]]) -> Iterator[CheckMessage]:
    """Yield the problems of the databases, of the caches in them, and of the relations of these models."""
    yield from _name_problems()
    yield from _cache_problems()
    aliases = databases_of_apps()
    for label, alias in aliases.items():
        if label not in apps.app_configs:
            near = difflib.get_close_matches(label, apps.app_configs, n=1)
            guess = f" Did you mean: {near[0]}?" if near else ""
            yield Error(
                f"DATABASES[{alias!r}]: OPTIONS['apps'] names {label!r}, which is not the label of an app.{guess}",
                hint="Give labels of apps in INSTALLED_APPS.",
                id="appwrite.E107",
            )
    if aliases and not any(_is_our_router(entry) for entry in settings.DATABASE_ROUTERS):
        yield Warning(
            f"OPTIONS['apps'] of {', '.join(sorted({repr(alias) for alias in aliases.values()}))} has no effect:"
            " AppwriteRouter is not in DATABASE_ROUTERS.",
            hint="DATABASE_ROUTERS = ['django_appwrite_orm.backend.router.AppwriteRouter']",
            id="appwrite.W107",
        )
    elif aliases:
        for model in checked:
            yield from _relation_problems(model, aliases.keys())


def _name_problems() -> Iterator[CheckMessage]:
    """Yield an error for each database whose NAME is not a connection; without any, another check reports that."""
    aliases = configured()
    for database, options in databases.settings.items():
        if aliases and options["ENGINE"] == ENGINE and str(options["NAME"]) not in aliases:
            yield Error(
                f"DATABASES[{database!r}]: NAME is {options['NAME']!r}, which is not an alias of APPWRITE_ORM.",
                hint=f"NAME is the connection that the database uses. Give one of: {', '.join(aliases)}.",
                id="appwrite.E119",
            )


def _cache_problems() -> Iterator[CheckMessage]:
    """Yield the caches whose table would be on Appwrite."""
    for alias, options in settings.CACHES.items():
        backend = class_at(options.get("BACKEND"))
        if backend is None or not issubclass(backend, BaseDatabaseCache):
            continue
        database = router.db_for_write(BaseDatabaseCache(options.get("LOCATION", ""), {}).cache_model_class)
        if settings.DATABASES.get(database or "", {}).get("ENGINE") == ENGINE:
            yield Error(
                f"CACHES[{alias!r}] keeps its entries in database {database!r}, which is on Appwrite: the database"
                " cache needs SQL.",
                hint="Use Redis, memcached or files, or route its table to an SQL database.",
                id="appwrite.E117",
            )


def _is_our_router(entry: object) -> bool:
    value = import_string(entry) if isinstance(entry, str) else entry
    return isinstance(value, AppwriteRouter) or (isinstance(value, type) and issubclass(value, AppwriteRouter))


def _relation_problems(model: type[models.Model], labels: Iterable[str]) -> Iterator[CheckMessage]:
    """Yield the relations of a model that lead to another database, from or to one of these apps."""
    own = router.db_for_write(model)
    for field in (*model._meta.local_fields, *model._meta.local_many_to_many):
        target = field.remote_field.model if field.remote_field else None
        if target is None or isinstance(target, str) or not {model._meta.app_label, target._meta.app_label} & {*labels}:
            continue
        if (other := router.db_for_write(target)) != own:
            yield Error(
                f"The models are in two databases, {own!r} and {other!r}: {target._meta.label} cannot be joined.",
                hint="Keep the primary key in a plain field, or both apps in one database.",
                obj=field,
                id="appwrite.E108",
            )
