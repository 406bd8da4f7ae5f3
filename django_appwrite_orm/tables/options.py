"""The options of a table: `class Meta`, read once and completed with defaults."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist, FieldError
from django.utils.text import camel_case_to_spaces

from ..cache import CachePolicy
from ..exceptions import ConfigurationError
from ..plans import CreateRow, TableRef, UpdateRow, WritePlan
from .columns import Column, Reference, Relationship, Version
from .columns.relations import Relation, RelationDescriptor, RelationshipToMany
from .fields import Field, fields_of
from .indexes import Index, UniqueIndex
from .kinds import Family
from .model_features import META
from .names import unknown_column
from .reading import PlainColumn, plain_columns
from .system_columns import SYSTEM_COLUMNS, SYSTEM_COLUMNS_BY_KEY

if TYPE_CHECKING:
    from .row import Row


class MetaOption(NamedTuple):
    """An option of Meta: its types (None leaves the type to the system checks), its default in words, its meaning."""

    types: tuple[type, ...] | None
    default: str
    meaning: str


# docs/reference/tables.md and settings.md are generated from these texts.
META_OPTIONS: Mapping[str, MetaOption] = {
    "name": MetaOption(
        (str,),
        "app label and class name: `shop_product`",
        "The table's name on the server, up to 128 characters.",
    ),
    "id": MetaOption((str,), "`name`", "The table's id on the server."),
    "app_label": MetaOption((str,), "the app that contains the class", "The app that the table belongs to."),
    "indexes": MetaOption((list, tuple), "`[]`", "`Index`, `UniqueIndex`, `FulltextIndex` and `SpatialIndex`."),
    "permissions": MetaOption(
        (list, tuple),
        "`[]`",
        "Permissions of the table, made with the SDK's `Permission`. The API key may do everything.",
    ),
    "row_security": MetaOption((bool,), "`False`", "Whether the permissions of rows apply in addition."),
    "enabled": MetaOption((bool,), "`True`", "If `False`, only the API key can use the table."),
    "cache": MetaOption(None, "the connection's", "The `CachePolicy` of reads that name no other."),
    "using": MetaOption((str,), '`"default"`', "The connection of the table."),
    "warm": MetaOption(
        (bool, list, tuple),
        "`False`",
        "What warming reads: `True` for all rows, or functions that take the queryset and narrow it.",
    ),
    "default_manager_name": MetaOption(
        (str,), "the first manager", "The manager that Django's views and reverse relations use."
    ),
    "base_manager_name": MetaOption(
        (str,), "a plain manager", "The manager that follows references and refreshes rows."
    ),
    "abstract": MetaOption((bool,), "`False`", "The class is only a base for others."),
}
# Options that a table does not inherit.
_NOT_INHERITED = ("abstract", "id", "name")

Warmer = Callable[[Any], Any]


class Options:
    """The `_meta` of a table class.

    `warm` is what `warm_appwrite` reads ahead: True for all rows, or functions that take the table's queryset and
    return another one or a value.
    """

    # Whether `using` may be another one at each call.
    is_routed = False

    def __init__(self, table: type[Row], columns: Mapping[str, Column]) -> None:
        meta = _meta_options(table)
        self.table = self.model = self.concrete_model = table
        self.columns = dict(columns)
        self.by_key = {column.key: column for column in self.columns.values()}
        versions = [column for column in self.columns.values() if isinstance(column, Version)]
        if len(versions) > 1:
            names = ", ".join(column.name for column in versions)
            raise ConfigurationError(f"{table.__name__}: a table may have only one Version column; it has {names}.")
        self.version = versions[0] if versions else None
        self.abstract: bool = meta.get("abstract", False)
        self.indexes: tuple[Index, ...] = tuple(meta.get("indexes", ()))
        self.permissions: tuple[str, ...] = tuple(meta.get("permissions", ()))
        self.row_security: bool = meta.get("row_security", False)
        self.enabled: bool = meta.get("enabled", True)
        self.policy: CachePolicy | None = meta.get("cache")
        self._using: str | None = meta.get("using")
        self.base_manager_name: str | None = meta.get("base_manager_name")
        self.default_manager_name: str | None = meta.get("default_manager_name")
        self.base_manager: Any = None  # these two are set by the class
        self.default_manager: Any = None
        warm: bool | Sequence[Warmer] = meta.get("warm", ())
        self.warm: tuple[Warmer, ...] = (list,) if warm is True else tuple(warm or ())
        self._name: str | None = meta.get("name")
        self._id: str | None = meta.get("id")
        self._app_label: str | None = meta.get("app_label")

    @property
    def using(self) -> str | None:
        """The alias of the table's connection; None for the default one."""
        return self._using

    def may_be_on(self, alias: str) -> bool:
        """Whether the table may have rows on this connection."""
        return self.using in (None, alias)

    @cached_property
    def app_label(self) -> str | None:
        """The label of the app that defines the class; None outside an app."""
        if self._app_label is not None:
            return self._app_label
        config = apps.get_containing_app_config(self.table.__module__)
        return config.label if config else None

    @cached_property
    def plain_columns(self) -> dict[str, PlainColumn]:
        """The columns whose values are in Python as they are in JSON, by name."""
        return {column.name: column for column in plain_columns(self.columns.values())}

    @cached_property
    def decoded_columns(self) -> tuple[Column, ...]:
        """The columns that are not plain: only their values can be lists or documents that are not the JSON itself."""
        return tuple(column for name, column in self.columns.items() if name not in self.plain_columns)

    @cached_property
    def relations(self) -> dict[str, Relation]:
        """The references and relationships to other tables, by their names in Python."""
        attributes = {name: value for base in reversed(self.table.__mro__) for name, value in vars(base).items()}
        relations = (
            (name, value.relation if isinstance(value, RelationDescriptor) else value)
            for name, value in attributes.items()
        )
        return {name: relation for name, relation in relations if isinstance(relation, Relation)}

    @cached_property
    def references(self) -> dict[str, Reference]:
        """The relations to one row, relationships included; their columns are among `columns`."""
        return {name: relation for name, relation in self.relations.items() if isinstance(relation, Reference)}

    @cached_property
    def relationships(self) -> dict[str, Relationship]:
        """The relations that Appwrite keeps, of all four types."""
        return {name: relation for name, relation in self.relations.items() if isinstance(relation, Relationship)}

    @cached_property
    def to_many(self) -> dict[str, RelationshipToMany]:
        """The relationships whose values are rows of another table, not a column."""
        return {name: relation for name, relation in self.relations.items() if isinstance(relation, RelationshipToMany)}

    @cached_property
    def spatial(self) -> dict[str, Column]:
        """The points, lines and polygons, by their keys on the server."""
        return {key: column for key, column in self.by_key.items() if column.kind.family is Family.SHAPE}

    @cached_property
    def unique_indexes(self) -> tuple[UniqueIndex, ...]:
        return tuple(index for index in self.indexes if isinstance(index, UniqueIndex))

    def get_column(self, name: str, also: Callable[[], Iterable[str]] = tuple) -> Column:
        """Return the column `name`, system columns included; for a reference the one that holds the id.

        Raises FieldError with similar names, those that `also` returns among them.
        """
        if not isinstance(name, str):
            raise FieldError(f"{self.object_name}: expected the name of a column, such as 'id', not {name!r}.")
        if name in self.references:
            name = self.references[name].column_name
        column = self.columns.get(name) or SYSTEM_COLUMNS.get(name)
        if column is None:
            raise FieldError(unknown_column(self.table, name, also()))
        return column

    def get_column_by_key(self, key: str) -> Column | None:
        """Return the column with this key on the server; None for one that is not declared."""
        return self.by_key.get(key) or SYSTEM_COLUMNS_BY_KEY.get(key)

    def get_keys(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the keys of these columns on the server, each once. Raises FieldError with similar names."""
        return tuple(dict.fromkeys(self.get_column(name).key for name in names))

    def name_of(self, key: str) -> str:
        """Return the name in Python of the column or relationship to many with this key on the server."""
        to_many = next((relation.name for relation in self.to_many.values() if relation.key == key), None)
        return to_many or self.by_key[key].name

    def key_of(self, name: str) -> str:
        """Return the key on the server of a column or relation; for a reference, of the column that holds the id."""
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

    # Attributes that code written for Django's models reads from `_meta`.

    @property
    def object_name(self) -> str:
        """The class's name, for the message of Django's `get_object_or_404`."""
        return self.table.__name__

    @property
    def model_name(self) -> str:
        """The class's name in lower case, for the names of templates and context of Django's `ListView`."""
        return self.table.__name__.lower()

    @property
    def verbose_name(self) -> str:
        """The class's name in words, for the 404 of Django's `DetailView`."""
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
        """A Django field for every column of a row, system columns included."""
        return tuple(field for field in self._fields.values() if not field.many_to_many)

    def get_fields(self, include_parents: bool = True, include_hidden: bool = False) -> tuple[Field, ...]:
        """Return `fields` and the relationships to many; a table has neither parents nor hidden fields."""
        return tuple(self._fields.values())

    def get_field(self, field_name: str) -> Field:
        """Return the Django field for a column or relation. Raises Django's FieldDoesNotExist."""
        field = self._fields.get(field_name) or next((f for f in self.fields if f.attname == field_name), None)
        if field is None:
            raise FieldDoesNotExist(unknown_column(self.table, field_name))
        return field

    def __str__(self) -> str:
        return self.label_lower

    def __repr__(self) -> str:
        return f"<Options for {self.object_name}>"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__") or hasattr(type(self), name):
                return object.__getattribute__(self, name)  # raises the AttributeError of the property
            table = vars(self).get("table")  # None while it is copied
            raise AttributeError(
                f"{table.__name__ if table else 'This'} is a Table, not a Django model, and has no _meta.{name}."
                " ModelForm, ModelAdmin, ModelSerializer and django.core.serializers need a model: write"
                f" model_of({table.__name__ if table else 'Table'}), with model_of of django_appwrite_orm.models."
            )

    def ref(self, database: str) -> TableRef:
        return TableRef(database, self.id)

    def written(self, plan: WritePlan, data: Any) -> Any:
        """Return the response to a change of one row with its relationships as a read would show them.

        Single links are ids, whatever row is at their other end; lists of links are left out.
        """
        if not isinstance(plan, (CreateRow, UpdateRow)) or not isinstance(data, dict):
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
        values = {key: value for key, value in data.items() if not (key.startswith("$") and value in ("", None))}
        return {**unset, **values}


def _meta_options(table: type[Row]) -> dict[str, Any]:
    """Return the options in Meta of a table, inherited as those of a model.

    Meta is the class's own or else that of its bases, with the options of the classes that it derives from. `abstract`,
    `id` and `name` apply only to the class that they are written in.
    """
    meta = getattr(table, "Meta", None)
    own = vars(table).get("Meta")
    merged: dict[str, Any] = {}
    for base in reversed(meta.__mro__ if isinstance(meta, type) else ()):
        options = {name: value for name, value in vars(base).items() if not name.startswith("__")}
        merged |= {name: value for name, value in options.items() if name not in _NOT_INHERITED or base is own}
    for name, value in merged.items():
        if name in META:
            raise ConfigurationError(f"{table.__name__}.Meta: {name!r} is an option of Django's models: {META[name]}.")
        if name not in META_OPTIONS:
            raise ConfigurationError(
                f"{table.__name__}.Meta: unknown option {name!r}. Known: {', '.join(sorted(META_OPTIONS))}."
            )
        types = META_OPTIONS[name].types
        if types is not None and not isinstance(value, types):
            words = " or ".join(kind.__name__ for kind in types)
            raise ConfigurationError(f"{table.__name__}.Meta: {name} must be {words}, not {type(value).__name__}.")
    return merged
