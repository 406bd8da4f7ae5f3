"""The table behind a model, for what knows tables: statistics, headers, tokens, signals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import NotSupportedError, models, router
from django.db import connections as databases
from django.db.models.base import ModelBase

from ..exceptions import ConfigurationError
from ..plans import WritePlan
from ..relations.cascades import changed_by, has_relationships, relationship_ends
from ..tables import Row
from ..tables.options import Options
from . import ENGINE
from .columns import columns_of
from .indexes import indexes_of
from .names import COUNTERS, table_id

# What the inner `class Appwrite` of a model may say of its table.
OPTIONS = ("cache", "enabled", "name", "permissions", "row_security", "warm")

# Tables that belong to migrations and to primary keys that count, and to no model.
_OWN_TABLES = frozenset({"django_migrations", COUNTERS})
# Where the `_meta` of a model keeps its table.
_CACHE = "_appwrite_table"


class _ModelOptions(Options):
    """The `_meta` of the table of a model. A router of Django's may choose another database for each request."""

    model: type[ModelRow]
    is_routed = True

    @property
    def using(self) -> str | None:
        """The alias of the connection that the model's rows are read from now; None for a model elsewhere."""
        return appwrite_alias(self.model._model)

    def may_be_on(self, alias: str) -> bool:
        return any(databases_of(self.model._model, alias))


class ModelRow(Row):
    """Base of the tables behind models. Their rows are instances of the models; these classes have none.

    Their columns are in `_meta` alone: names that Row has are good names for fields.
    """

    class Meta:
        abstract = True

    _model: type[models.Model]

    @classmethod
    def from_appwrite(cls, raw: dict[str, Any], using: Any) -> Any:
        """Return the row as an instance of the model."""
        columns = [column for column in columns_of(cls._model) if column.key in raw]
        names = [column.field.attname for column in columns]
        database = next(databases_of(cls._model, str(using)), None) or router.db_for_read(cls._model)
        return cls._model.from_db(database, names, [column.value_in(raw) for column in columns])


def table_of(model: type[models.Model]) -> type[ModelRow]:
    """Return the table of a model; proxies share that of their concrete model.

    `_meta.id` is its id on the server, `_meta.columns` are its columns by the names of the fields, `_meta.ref()` gives
    what tokens are known by. It is in no registry: `migrate` and not `migrate_appwrite` makes it. Of a model of
    `model_of()` it is the Table.
    """
    concrete = model._meta.concrete_model or model
    declared: type[ModelRow] | None = getattr(concrete, "declared_table", None)
    if declared is not None:
        return declared
    options = vars(concrete._meta)
    table: type[ModelRow] | None = options.get(_CACHE)
    if table is not None and table._model is concrete:
        return table
    made = _made(concrete)
    if table is None:  # threads that ask for it at the same time get the same class, which is the sender of signals
        return options.setdefault(_CACHE, made)  # type: ignore[no-any-return]
    options[_CACHE] = made  # these options were copied from another model
    return made


def changed_tables(meta: Any, *plans: WritePlan) -> list[Any]:
    """Return the `_meta` of each table that these changes of a table may change, that of the table first.

    Those of a Table with relationships change the tables at their other ends.
    """
    return [meta] if issubclass(meta.model, ModelRow) else changed_by(meta.model, *plans)


def has_bulk_routes(table: type[Row]) -> bool:
    """Whether Appwrite takes several rows of the table in one request."""
    return issubclass(table, ModelRow) or not has_relationships(table)


def is_linked(table: type[Row]) -> bool:
    """Whether a relationship of Appwrite leads to or from the table."""
    return not issubclass(table, ModelRow) and bool(relationship_ends(table))


def tables_of_models() -> Iterator[type[ModelRow]]:
    """Yield the tables of the models that Django's routers keep on Appwrite.

    Checks report a model that Appwrite cannot hold, or that names what is not there; it has none. The table of a model
    of `model_of()` is among the registered ones.
    """
    tables = map(table_on_appwrite, apps.get_models(include_auto_created=True))
    return (table for table in tables if table is not None)


def possible_tables_of_models() -> Iterator[type[ModelRow]]:
    """Yield the tables of the models that a router may keep on Appwrite.

    One that chooses by request may keep a model elsewhere at the moment, so that `tables_of_models` omits it. Without
    routers every model is in the default database.
    """
    if router.routers:
        tables = map(_possible_table, _models_in_migrations())
        yield from (table for table in tables if table is not None)


def ids_made_by_migrations() -> Iterator[str]:
    """Yield the ids of the tables that `migrate` may make on Appwrite, for whichever request."""
    yield from _OWN_TABLES
    yield from (table_id(model._meta.db_table) for model in _models_in_migrations() if model._meta.managed)


def _models_in_migrations() -> Iterator[type[models.Model]]:
    aliases = [alias for alias, database in databases.settings.items() if database["ENGINE"] == ENGINE]
    for model in apps.get_models(include_auto_created=True):
        if any(router.allow_migrate_model(alias, model) for alias in aliases):
            yield model


def table_on_appwrite(model: type[models.Model]) -> type[ModelRow] | None:
    """Return the table that a model has on Appwrite; None for one elsewhere, a proxy, or one that checks refuse."""
    return None if appwrite_alias(model) is None else _possible_table(model)


def _possible_table(model: type[models.Model]) -> type[ModelRow] | None:
    if model._meta.proxy or model._meta.swapped:
        return None
    if getattr(model, "declared_table", None) is not None:
        return None
    if any(isinstance(field.remote_field.model, str) for field in model._meta.local_fields if field.remote_field):
        return None
    try:
        return table_of(model)
    except (ConfigurationError, FieldDoesNotExist, NotSupportedError):
        return None


def appwrite_alias(model: type[models.Model]) -> str | None:
    """Return the alias in APPWRITE_ORM that the model's rows are read from; None for a model elsewhere."""
    return _leads_to(databases.settings[router.db_for_read(model)])


def databases_of(model: type[models.Model], alias: str) -> Iterator[str]:
    """Yield the databases that lead to this connection and may have the model's rows, the one of now first."""
    chosen = router.db_for_read(model)
    own = [name for name, database in databases.settings.items() if _leads_to(database) == alias]
    if chosen in own:
        yield chosen
    yield from (name for name in own if name != chosen and router.allow_migrate_model(name, model))


def _leads_to(database: Mapping[str, Any]) -> str | None:
    """Return the alias in APPWRITE_ORM that a database leads to; None for one elsewhere."""
    return str(database["NAME"]) if database["ENGINE"] == ENGINE else None


def _made(model: type[models.Model]) -> type[ModelRow]:
    attributes: dict[str, Any] = {
        "__module__": model.__module__,
        "__qualname__": model.__qualname__,
        "_model": model,
        "Meta": type("Meta", (), _options(model)),
    }
    table: type[ModelRow] = type(model.__name__, (ModelRow,), attributes)
    own = [made for made in columns_of(model) if not made.is_system]
    table._meta = _ModelOptions(table, {made.field.name: made.column for made in own})
    return table


def _options(model: type[models.Model]) -> dict[str, Any]:
    """Return the options of the table: those of the model, and what its inner `class Appwrite` says."""
    own = {name: value for name, value in appwrite_options(model).items() if name in OPTIONS}
    name = table_id(model._meta.db_table)
    return {"name": name, **own, "id": name, "app_label": model._meta.app_label, "indexes": indexes_of(model)}


def appwrite_options(model: type[models.Model]) -> dict[str, Any]:
    """Return what the inner `class Appwrite` of a model says; without one, that of its abstract bases.

    As with `Meta`, a class that derives from another one adds to it. `name` holds for the model itself alone.
    """
    own = vars(model).get("Appwrite")
    bases = (base for base in model.__mro__[1:] if "Appwrite" in vars(base) and not _has_a_table(base))
    inner = own or next((vars(base)["Appwrite"] for base in bases), None)
    options: dict[str, Any] = {}
    for part in reversed(inner.__mro__ if isinstance(inner, type) else ()):
        attributes = {name: value for name, value in vars(part).items() if not name.startswith("__")}
        options |= {name: value for name, value in attributes.items() if name != "name" or part is own}
    return options


def unique_keys(meta: Any) -> Iterable[list[str]]:
    """Yield the keys of the columns of each unique index."""
    for index in meta.unique_indexes:
        if all(name in meta.columns for name in index.columns):
            yield [meta.columns[name].key for name in index.columns]


def _has_a_table(base: type) -> bool:
    return isinstance(base, ModelBase) and not base._meta.abstract  # type: ignore[attr-defined]
