"""What a table is beyond its columns: `class Meta`, read once and completed with defaults."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist, FieldError
from django.utils.text import camel_case_to_spaces

from ..cache import CachePolicy
from ..exceptions import ConfigurationError
from ..plans import CreateRow, TableRef, UpdateRow, WritePlan
from .columns import Column, Reference, Relationship, Version
from .columns.relations import Relation, RelationDescriptor, RelationshipToMany
from .fields import Field, fields_of
from .indexes import Index
from .kinds import Family
from .model_features import META
from .names import unknown_column
from .system_columns import SYSTEM_COLUMNS, SYSTEM_COLUMNS_BY_KEY

if TYPE_CHECKING:
    from .row import Row

# What Meta may say, and the types it may say it in (None leaves that to the system checks).
_KNOWN: Mapping[str, tuple[type, ...] | None] = {
    "abstract": (bool,),
    "app_label": (str,),
    "base_manager_name": (str,),
    "cache": None,
    "default_manager_name": (str,),
    "enabled": (bool,),
    "id": (str,),
    "indexes": (list, tuple),
    "name": (str,),
    "permissions": (list, tuple),
    "row_security": (bool,),
    "using": (str,),
    "warm": (bool, list, tuple),
}
# A table does not take these over from its bases.
_OWN = ("abstract", "id", "name")

Warmer = Callable[[Any], Any]


class Options:
    """The `_meta` of a table class.

    `warm` says what `warm_appwrite` reads beforehand: True for all rows, or functions that take the table's
    queryset and return another one or a value.
    """

    def __init__(self, table: type[Row], columns: Mapping[str, Column]) -> None:
        given = _given(table)
        self.table = self.model = self.concrete_model = table
        self.columns = dict(columns)
        self.by_key = {column.key: column for column in self.columns.values()}
        versions = [column for column in self.columns.values() if isinstance(column, Version)]
        if len(versions) > 1:
            names = ", ".join(column.name for column in versions)
            raise ConfigurationError(f"{table.__name__}: one Version column counts all changes; it has {names}.")
        self.version = versions[0] if versions else None
        self.abstract: bool = given.get("abstract", False)
        self.indexes: tuple[Index, ...] = tuple(given.get("indexes", ()))
        self.permissions: tuple[str, ...] = tuple(given.get("permissions", ()))
        self.row_security: bool = given.get("row_security", False)
        self.enabled: bool = given.get("enabled", True)
        self.policy: CachePolicy | None = given.get("cache")
        self.using: str | None = given.get("using")
        self.base_manager_name: str | None = given.get("base_manager_name")
        self.default_manager_name: str | None = given.get("default_manager_name")
        self.base_manager: Any = None  # these two are chosen by the class
        self.default_manager: Any = None
        warm: bool | Sequence[Warmer] = given.get("warm", ())
        self.warm: tuple[Warmer, ...] = (list,) if warm is True else tuple(warm or ())
        self._name: str | None = given.get("name")
        self._id: str | None = given.get("id")
        self._app_label: str | None = given.get("app_label")

    @cached_property
    def app_label(self) -> str | None:
        """Label of the app the class stands in, or None outside any."""
        if self._app_label is not None:
            return self._app_label
        config = apps.get_containing_app_config(self.table.__module__)
        return config.label if config else None

    @cached_property
    def relations(self) -> dict[str, Relation]:
        """All that leads to other tables, by its name in Python: references and relationships."""
        found = {name: value for base in reversed(self.table.__mro__) for name, value in vars(base).items()}
        plain = ((name, one.relation if isinstance(one, RelationDescriptor) else one) for name, one in found.items())
        return {name: value for name, value in plain if isinstance(value, Relation)}

    @cached_property
    def references(self) -> dict[str, Reference]:
        """What leads to one row each, relationships of that kind among them; their columns are among `columns`."""
        return {name: relation for name, relation in self.relations.items() if isinstance(relation, Reference)}

    @cached_property
    def relationships(self) -> dict[str, Relationship]:
        """The links that Appwrite keeps, of all four types."""
        return {name: relation for name, relation in self.relations.items() if isinstance(relation, Relationship)}

    @cached_property
    def to_many(self) -> dict[str, RelationshipToMany]:
        """The relationships that are not a column of a row here but rows of another table."""
        return {name: one for name, one in self.relations.items() if isinstance(one, RelationshipToMany)}

    @cached_property
    def spatial(self) -> dict[str, Column]:
        """The points, lines and polygons, by their keys on the server."""
        return {key: column for key, column in self.by_key.items() if column.kind.family is Family.SHAPE}

    def get_column(self, name: str, also: Callable[[], Iterable[str]] = tuple) -> Column:
        """The column `name`, system columns included; for a reference the one that keeps the id.

        Raises FieldError with similar names, those that `also` returns among them.
        """
        if not isinstance(name, str):
            raise FieldError(f"{self.object_name}: give the name of a column, such as 'id', not {name!r}.")
        if name in self.references:
            name = self.references[name].column_name
        column = self.columns.get(name) or SYSTEM_COLUMNS.get(name)
        if column is None:
            raise FieldError(unknown_column(self.table, name, also()))
        return column

    def get_column_by_key(self, key: str) -> Column | None:
        """The column that Appwrite knows as `key`; None where only the server has it."""
        return self.by_key.get(key) or SYSTEM_COLUMNS_BY_KEY.get(key)

    def get_keys(self, names: Iterable[str]) -> tuple[str, ...]:
        """The keys of these columns on the server, each once. Raises FieldError with similar names."""
        return tuple(dict.fromkeys(self.get_column(name).key for name in names))

    def name_of(self, key: str) -> str:
        """What in Python is called what the server calls `key`: a column, or a relationship to many."""
        return next((one.name for one in self.to_many.values() if one.key == key), None) or self.by_key[key].name

    def key_of(self, name: str) -> str:
        """The other way round; of a reference, the column that keeps the id."""
        if name in self.to_many:
            return self.to_many[name].key
        return self.columns[self.references[name].column_name if name in self.references else name].key

    @cached_property
    def name(self) -> str:
        """The table's name on the server: app label and class name unless Meta says otherwise."""
        if self._name is not None:
            return self._name
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", self.table.__name__).lower()
        return f"{self.app_label}_{words}" if self.app_label else words

    @cached_property
    def id(self) -> str:
        """The table's id on the server: its name unless Meta says otherwise."""
        return self._id if self._id is not None else self.name

    # What code written for Django's models asks of `_meta`.

    @property
    def object_name(self) -> str:
        """The class's name; Django's `get_object_or_404` puts it into its message."""
        return self.table.__name__

    @property
    def model_name(self) -> str:
        """The same in lower case; Django's `ListView` makes names of it for a template and what it shows."""
        return self.table.__name__.lower()

    @property
    def verbose_name(self) -> str:
        """The class's name in words; Django's `DetailView` puts it into its 404."""
        return str(camel_case_to_spaces(self.table.__name__))

    @property
    def verbose_name_plural(self) -> str:
        return f"{self.verbose_name}s"

    @property
    def label(self) -> str:
        return f"{self.app_label}.{self.table.__name__}" if self.app_label else self.table.__name__

    @property
    def label_lower(self) -> str:
        return f"{self.app_label}.{self.model_name}" if self.app_label else self.model_name

    @cached_property
    def _fields(self) -> dict[str, Field]:
        return fields_of(self.table)

    @property
    def pk(self) -> Field:
        """The field of the row's id."""
        return self._fields["id"]

    @property
    def fields(self) -> tuple[Field, ...]:
        """A Django field for every column of a row, Appwrite's own included."""
        return tuple(field for field in self._fields.values() if not field.many_to_many)

    def get_fields(self, include_parents: bool = True, include_hidden: bool = False) -> tuple[Field, ...]:
        """The same and the relationships to many; a table has neither parents nor hidden fields."""
        return tuple(self._fields.values())

    def get_field(self, field_name: str) -> Field:
        """A Django field that describes a column or relation. Raises Django's FieldDoesNotExist."""
        found = self._fields.get(field_name) or next((f for f in self.fields if f.attname == field_name), None)
        if found is None:
            raise FieldDoesNotExist(unknown_column(self.table, field_name))
        return found

    def __str__(self) -> str:
        return self.label_lower

    def __repr__(self) -> str:
        return f"<Options for {self.object_name}>"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__") or hasattr(type(self), name):
                return object.__getattribute__(self, name)  # raises what led here
            table = vars(self).get("table")  # none while it is copied
            raise AttributeError(
                f"{table.__name__ if table else 'This'} is a table, not a Django model: there is no _meta.{name}."
                " ModelForm, ModelAdmin, ModelSerializer and django.core.serializers need a"
                " model. Declare the fields of a Form or Serializer one by one, and use row.to_dict() or"
                " dump_appwrite for data."
            )

    def ref(self, database: str) -> TableRef:
        return TableRef(database, self.id)

    def written(self, plan: WritePlan, data: Any) -> Any:
        """Return the response to a change of one row with its relationships as a read would show them.

        Single links are ids, whatever row is at their other end; lists of links are left out.
        """
        if not self.relationships or not isinstance(plan, (CreateRow, UpdateRow)) or not isinstance(data, dict):
            return data
        lists = {relationship.key for relationship in self.to_many.values()}
        row = {key: value for key, value in data.items() if key not in lists}
        for name in self.relationships.keys() & self.references.keys():
            key = self.columns[self.references[name].column_name].key
            if key in plan.data or key in row or isinstance(plan, CreateRow):
                row[key] = plan.data[key] if key in plan.data else self.by_key[key].to_python(row.get(key))
        return row

    def staged(self, data: Any) -> Any:
        """Return a row of a transaction as a read would show it: no sequence, and columns that were not set."""
        if not isinstance(data, dict) or "$id" not in data:
            return data
        # Links that were not set are as they were before; a new row has none.
        is_new = data.get("$sequence") in ("", None)
        columns = [column for column in self.columns.values() if is_new or column.family is not Family.LINK]
        unset = {column.key: column.definition()["default"] for column in columns}
        known = {key: value for key, value in data.items() if not (key.startswith("$") and value in ("", None))}
        return {**unset, **known}


def _given(table: type[Row]) -> dict[str, Any]:
    """What Meta says. Like a model's, a table's Meta is its own or else that of its bases, and says in addition
    what the Meta it derives from says; `abstract`, `id` and `name` hold for the class they stand in alone."""
    meta = getattr(table, "Meta", None)
    own = vars(table).get("Meta")
    given: dict[str, Any] = {}
    for base in reversed(meta.__mro__ if isinstance(meta, type) else ()):
        options = {name: value for name, value in vars(base).items() if not name.startswith("__")}
        given |= {name: value for name, value in options.items() if name not in _OWN or base is own}
    for name, value in given.items():
        if name in META:
            raise ConfigurationError(f"{table.__name__}.Meta: {name!r} is an option of Django's models: {META[name]}.")
        if name not in _KNOWN:
            raise ConfigurationError(
                f"{table.__name__}.Meta: unknown option {name!r}. Known: {', '.join(sorted(_KNOWN))}."
            )
        types = _KNOWN[name]
        if types is not None and not isinstance(value, types):
            words = " or ".join(kind.__name__ for kind in types)
            raise ConfigurationError(f"{table.__name__}.Meta: {name} must be {words}, not {type(value).__name__}.")
    return given
