"""Refuse features of Django models in table classes when they are defined, with what to write instead."""

from __future__ import annotations

import inspect
from abc import ABCMeta
from collections.abc import Mapping
from typing import Any, NoReturn

from django.db import models

from ..exceptions import ConfigurationError

# The column to write for a Django field, by its class or nearest base.
_COLUMNS: Mapping[str, str] = {
    "AutoFieldMixin": "nothing: every row has an id, a string that is generated at the first save",
    "BigIntegerField": "columns.BigInt()",
    "BinaryField": "columns.Text() with base64 text",
    "BooleanField": "columns.Boolean()",
    "CharField": "columns.String(size=...)",
    "DateField": "columns.Date()",
    "DateTimeField": "columns.Datetime(); every row already has created_at and updated_at",
    "DecimalField": "columns.Decimal(max_digits=..., decimal_places=...)",
    "DurationField": "columns.Integer() with a number of seconds",
    "EmailField": "columns.Email()",
    "FilePathField": "columns.String(size=...)",
    "FileField": "columns.String(size=...) with the name of the file",
    "FloatField": "columns.Float()",
    "ForeignKey": 'columns.Reference("Maker") or columns.Relationship("Maker", "manyToOne")',
    "GenericIPAddressField": "columns.IP()",
    "IPAddressField": "columns.IP()",
    "IntegerField": "columns.Integer(min=..., max=...)",
    "JSONField": "columns.JSON()",
    "ManyToManyField": 'columns.Relationship("Tag", "manyToMany")',
    "OneToOneField": 'columns.Relationship("Maker", "oneToOne")',
    "TextField": "columns.Text()",
    "TimeField": "columns.Time()",
    "URLField": "columns.URL()",
    "UUIDField": "columns.UUID()",
}
_CHECKED = (
    "Appwrite checks it when the row is saved: catch django_appwrite_orm.exceptions.IntegrityError, or write clean()"
)
# Methods that Django calls on a model and nothing calls on a row.
_HOOKS: Mapping[str, str] = {
    "check": "register a system check, @django.core.checks.register()",
    "date_error_message": _CHECKED,
    "from_db": "write __init__(), which is also called for rows that are read, or override from_appwrite(raw, using)",
    "get_constraints": _CHECKED,
    "get_deferred_fields": "reading a column that was not selected raises AttributeError and sends no request",
    "prepare_database_save": "override save() and asave()",
    "save_base": "override save() and asave()",
    "unique_error_message": _CHECKED,
    "validate_constraints": _CHECKED,
    "validate_unique": _CHECKED,
}
_INDEX = "write it as Index, UniqueIndex, FulltextIndex or SpatialIndex in Meta.indexes"
_HERE = "there are no SQL tables; leave it out"
META: Mapping[str, str] = {
    "apps": _HERE,
    "auto_created": _HERE,
    "constraints": "write UniqueIndex in Meta.indexes; other rules go into clean()",
    "db_table": 'write name = "..."',
    "db_table_comment": _HERE,
    "db_tablespace": _HERE,
    "default_permissions": "write permissions = [Permission.read(Role.any())], with Appwrite's roles",
    "default_related_name": "write related_name= in each Reference or Relationship",
    "get_latest_by": 'name the column in the call: latest("created_at")',
    "index_together": _INDEX,
    "managed": "migrate_appwrite manages registered tables; leave a table unregistered, or use Meta.abstract",
    "order_with_respect_to": "store the position of a row in a column, and order by it",
    "ordering": "write order_by() in get_queryset() of a Manager; rows come in the order of creation",
    "proxy": "write a second Manager for other rows, or an abstract base for shared methods",
    "required_db_features": _HERE,
    "required_db_vendor": _HERE,
    "select_on_save": _HERE,
    "swappable": "a Reference leads to the table it names",
    "unique_together": 'write UniqueIndex("first", "second") in Meta.indexes',
    "verbose_name": "the name of the class is used",
    "verbose_name_plural": "the name of the class is used",
}


# Methods that Django or Python calls on a field and nothing calls on a column.
_FIELD_HOOKS: Mapping[str, str] = {
    "__set__": "clean_one(value)",
    "contribute_to_class": "bound(name)",
    "db_type": "kind",
    "deconstruct": "definition()",
    "formfield": "a field in a Form of your own",
    "from_db_value": "decode(raw)",
    "get_db_prep_save": "encode(value)",
    "get_db_prep_value": "encode(value)",
    "get_internal_type": "kind",
    "get_prep_value": "encode(value)",
    "pre_save": "get_default(), or the table's save()",
    "run_validators": "clean_one(value)",
    "validate": "clean_one(value)",
    "value_from_object": "getattr(row, name)",
    "value_to_string": "encode(value)",
}


def refuse_hooks_of_fields(column: type[Any]) -> None:
    """Raise `ConfigurationError` for a column class that has a method that is called on fields alone."""
    for name in vars(column):
        if name in _FIELD_HOOKS:
            raise ConfigurationError(
                f"{column.__name__}.{name} is a hook of fields that is not called on columns. Use {_FIELD_HOOKS[name]}."
            )


class TableType(ABCMeta):
    """The metaclass of tables: explains the error where a table is used as a list of models.

    It derives from ABCMeta so that a table can have an abstract base class as a mixin.
    """

    def __iter__(cls) -> NoReturn:
        raise TypeError(
            f"{cls.__name__} is a Table, not a Django model, and cannot be iterated. The admin takes its model: write"
            f" admin.site.register(model_of({cls.__name__})), with model_of of django_appwrite_orm.models. To iterate"
            f" over the rows, use {cls.__name__}.objects.all()."
        )


def refuse_what_models_have(table: type[Any], base: type[Any]) -> None:
    """Raise `ConfigurationError` for fields, managers and hooks of Django's models in a table class or its mixins.

    `base` and its bases are not checked.
    """
    for cls in table.__mro__:
        if cls in base.__mro__:
            continue
        for name, value in vars(cls).items():
            where = f"{table.__name__}.{name}"
            if not inspect.isclass(value) and hasattr(type(value), "contribute_to_class"):
                raise ConfigurationError(f"{where} is Django's {type(value).__name__}. Tables use {_instead(value)}.")
            is_method = inspect.isfunction(value) or isinstance(value, (classmethod, staticmethod, property))
            if is_method and name in _HOOKS:
                raise ConfigurationError(
                    f"{where}() is a hook of Django's models that is not called on tables: {_HOOKS[name]}."
                )


def _instead(value: Any) -> str:
    if isinstance(value, models.Manager):
        return "django_appwrite_orm.Manager: objects = Manager(), or ProductQuerySet.as_manager()"
    names = [cls.__name__ for cls in type(value).__mro__]
    column = next((_COLUMNS[name] for name in names if name in _COLUMNS), None)
    return f"columns instead of fields: write {column}" if column else "columns.* and relations instead of models.*"


def has_own_init(table: type[Any], base: type[Any]) -> bool:
    """Return whether a table has an `__init__()` of its own. Raises `ConfigurationError` if it needs arguments."""
    own = inspect.getattr_static(table, "__init__")
    if own is inspect.getattr_static(base, "__init__"):
        return False
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    parameters = list(inspect.signature(own).parameters.values())[1:]
    if needed := [param.name for param in parameters if param.default is param.empty and param.kind not in kinds]:
        raise ConfigurationError(
            f"{table.__name__}.__init__() needs {', '.join(needed)}, but rows that are read are created without"
            " arguments; their values are set when super().__init__() returns. Add default values, or accept"
            " **values."
        )
    return True
