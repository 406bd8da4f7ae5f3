"""The tables of the project, from each app's tables.py or `register()`, by name."""

from __future__ import annotations

import difflib
import inspect
import threading
from collections.abc import Callable, Collection, Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from django.apps import apps
from django.db.models import Model
from django.utils.module_loading import module_has_submodule

from .exceptions import ConfigurationError

if TYPE_CHECKING:
    from .tables import Row
    from .tables.columns.relations import Relation

    _Declared = tuple[type[Row], Relation]  # a relation, and the registered table that has it

RowClass = TypeVar("RowClass", bound="type[Row]")
_MISSING = object()


class Registry:
    """The tables of the project, in the order of their registration.

    The target of a relation gets an attribute for the reverse relation. Its descriptor is set once the target is
    registered, and removed with the last relation of that name.
    """

    def __init__(self) -> None:
        self._tables: list[type[Row]] = []
        self._lock = threading.RLock()
        # What gives tables besides those that are registered: the ones behind the models of Django's databases.
        self.other_tables: list[Callable[[], Iterable[type[Row]]]] = []
        # What gives the tables of models that Django's routers may keep on Appwrite, if not at this moment.
        self.possible_tables: list[Callable[[], Iterable[type[Row]]]] = []
        # What gives ids of tables that are made by the migrations of Django's databases.
        self.other_ids: list[Callable[[], Iterable[str]]] = []
        # Increased by every registration; relations may then have other targets.
        self.version = 0
        self._index = _Index(-1, [])
        # Relations of registered tables whose target is given by name, by that name.
        self._named: dict[str, list[_Declared]] = {}
        # Target and name of each reverse relation, and the descriptors that were set there.
        self._reverse: dict[_Declared, tuple[type[Row], str]] = {}
        self._descriptors: dict[tuple[type[Row], str], Any] = {}

    def add(self, table: RowClass) -> RowClass:
        """Register a table class. Abstract classes and those already registered are ignored."""
        with self._lock:
            if table not in self._tables and not table._meta.abstract:
                self._tables.append(table)
                self.version += 1
                for relation in table._meta.relations.values():
                    if isinstance(relation.to, str):
                        self._named.setdefault(relation.to, []).append((table, relation))
                    self._connect(table, relation)
                self._connect_those_to(table)
        return table

    def discard(self, table: type[Row]) -> None:
        """Remove a table and the reverse relations that its relations have set."""
        with self._lock:
            if table in self._tables:
                self._tables.remove(table)
                self.version += 1
                for relation in table._meta.relations.values():
                    if isinstance(relation.to, str):
                        self._named[relation.to].remove((table, relation))
                    self._disconnect(table, relation)
                self._connect_those_to(table)

    def discover(self) -> None:
        """Import `tables.py` of each app, and register the tables that it declares."""
        own = __name__.partition(".")[0]
        for app in apps.get_app_configs():
            if app.module is not None and app.name != own and module_has_submodule(app.module, "tables"):
                module = import_module(f"{app.name}.tables")
                from .tables import Row

                for value in vars(module).values():
                    if isinstance(value, type) and issubclass(value, Row) and _is_defined_in(value, module.__name__):
                        self.add(value)

    def connect(self) -> None:
        """Set the reverse relations of tables that were registered before Django's apps were loaded."""
        with self._lock:
            self.version += 1
            for table in self._tables:
                for relation in table._meta.relations.values():
                    if (table, relation) not in self._reverse:
                        self._connect(table, relation)

    def _connect_those_to(self, table: type[Row]) -> None:
        """Look up again the targets of relations that refer to `table` by name."""
        names = {table.__name__}
        if apps.apps_ready:
            names |= {table._meta.name, table._meta.id, table._meta.label}
        for name in names:
            for declared in self._named.get(name, ()):
                self._disconnect(*declared)
                self._connect(*declared)

    def _connect(self, table: type[Row], relation: Relation) -> None:
        name = relation.accessor(table)
        if name is None or name.startswith("_") or (isinstance(relation.to, str) and not apps.apps_ready):
            return  # labels are not known before the apps are
        targets = self._targets(table, relation)
        make = getattr(targets[0], "_reverse_descriptor", None) if len(targets) == 1 else None
        if make is None or _is_declared_there(relation, targets[0]):
            return
        place = self._reverse[table, relation] = targets[0], name
        if place not in self._descriptors and _is_free(*place, make):
            self._descriptors[place] = make(*place)
            setattr(*place, self._descriptors[place])

    def _disconnect(self, table: type[Row], relation: Relation) -> None:
        place = self._reverse.pop((table, relation), None)
        if place in self._descriptors and place not in self._reverse.values():
            descriptor = self._descriptors.pop(place)
            if vars(place[0]).get(place[1]) is descriptor:
                delattr(*place)

    def all(self) -> list[type[Row]]:
        """Return all tables, in the order of their registration."""
        return list(self._tables)

    def every(self) -> list[type[Row]]:
        """Return all tables, those behind models among them."""
        return [*self._tables, *(table for find in self.other_tables for table in find())]

    def every_possible(self, ids: Collection[str] | None = None) -> list[type[Row]]:
        """Return all tables, also those of models that a router keeps on Appwrite for some requests only.

        A change is reported, and a cache cleared, outside of those requests. `ids`, in lower case, are those of the
        tables to return; None for all.
        """
        others = (table for find in (*self.other_tables, *self.possible_tables) for table in find())
        if ids is None:
            return list(dict.fromkeys([*self._tables, *others]))
        by_id = self._indexed().by_id
        registered = (table for id in ids for table in by_id.get(id, ()))
        return list(dict.fromkeys([*registered, *(table for table in others if table._meta.id.lower() in ids)]))

    def find(self, name: str) -> type[Row]:
        """Return the table or the table of the model with this name, id or label. Raises `ConfigurationError`."""
        tables = self._called(name) or self._others_called(name)
        if not tables:
            raise _unknown_table(name, self.every())
        return tables[0]

    def of_app(self, label: str) -> list[type[Row]]:
        """Return the tables of an app."""
        return [table for table in self._tables if table._meta.app_label == label]

    def get(self, name: str) -> type[Row]:
        """Return the table with this name, id or label (`shop.Product`).

        Raises `ConfigurationError` for an unknown table and for that of a model.
        """
        if tables := self._called(name):
            return tables[0]
        if others := self._others_called(name):
            label = others[0]._meta.label
            raise ConfigurationError(
                f"{name!r} is the table of the model {label}, not a Table. Use the model's managers for its rows, and"
                " manage.py migrate, dumpdata and loaddata."
            )
        raise _unknown_table(name, self._tables)

    def target(self, table: type[Row], relation: Relation) -> type[Row]:
        """Return the target of a reference or relationship of `table`. Raises `ConfigurationError`."""
        targets = self._targets(table, relation)
        if len(targets) == 1:
            return targets[0]
        where, to = f"{table.__name__}.{relation.name}", str(relation.to)
        if targets:
            labels = " or ".join(target._meta.label for target in targets)
            raise ConfigurationError(
                f"{where}: {to!r} could be {labels}. Pass the class itself or one of these labels."
            )
        if (model := _model_called(to)) is not None:
            from .tables.columns.relations import leads_to_a_model

            raise ConfigurationError(f"{where}: {leads_to_a_model(model)}")
        try:
            return self.get(to)
        except ConfigurationError as error:
            raise ConfigurationError(f"{where} cannot be followed. {error}") from None

    def _targets(self, table: type[Row], relation: Relation) -> list[type[Row]]:
        """Return the possible targets of the relation: one, or several of the same name, or none."""
        if isinstance(relation.to, type):
            return [relation.to]
        if relation.to == "self":
            return [table]
        named = [other for other in self._tables if other.__name__ == relation.to]
        near = [other for other in named if other._meta.app_label == table._meta.app_label] or named
        if near or _model_called(relation.to) is not None:
            return near
        return self._called(relation.to)[:1]

    def _called(self, name: str) -> list[type[Row]]:
        return self._indexed().by_name.get(name, [])

    def _indexed(self) -> _Index:
        index = self._index
        if index.version != self.version:
            self._index = index = _Index(self.version, self._tables)
        return index

    def _others_called(self, name: str) -> list[type[Row]]:
        return [table for find in self.other_tables for table in find() if name in _names_of(table)]


class _Index:
    """The registered tables as of a version: by name, id and label, and by id in lower case."""

    def __init__(self, version: int, tables: Iterable[type[Row]]) -> None:
        self.version = version
        self.by_name: dict[str, list[type[Row]]] = {}
        self.by_id: dict[str, list[type[Row]]] = {}
        for table in tables:
            self.by_id.setdefault(table._meta.id.lower(), []).append(table)
            for name in _names_of(table):
                self.by_name.setdefault(name, []).append(table)


def _names_of(table: type[Row]) -> set[str]:
    return {table._meta.name, table._meta.id, table._meta.label}


def _unknown_table(name: str, tables: Iterable[type[Row]]) -> ConfigurationError:
    names = sorted(table._meta.name for table in tables)
    near = difflib.get_close_matches(name, names, n=1)
    guess = f" Did you mean: {near[0]}?" if near else ""
    return ConfigurationError(
        f"There is no table {name!r}.{guess} Registered: {', '.join(names) or 'none'}. Declare it in an app's"
        " tables.py, or register() it."
    )


def _is_defined_in(table: type, module: str) -> bool:
    """Whether a class is defined in `module`, or inside it where tables.py is a package."""
    return f"{table.__module__}.".startswith(f"{module}.")


def _is_declared_there(relation: Relation, target: type[Row]) -> bool:
    """Whether the other table declares the relationship itself, under a name of its choice."""
    key = relation.two_way_key
    return key is not None and any(side.key.lower() == key.lower() for side in target._meta.relationships.values())


def _is_free(target: type[Row], name: str, kind: type[Any]) -> bool:
    """Whether the name is free on `target`. A descriptor that is inherited from another table does not count."""
    there = inspect.getattr_static(target, name, _MISSING)
    return there is _MISSING or (isinstance(there, kind) and name not in vars(target))


def _model_called(name: str) -> type[Model] | None:
    """Return the Django model with this label or name; None before the apps are loaded."""
    if not apps.models_ready:
        return None
    return next((model for model in apps.get_models() if name in (model._meta.label, model.__name__)), None)


registry = Registry()
