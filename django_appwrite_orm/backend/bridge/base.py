"""The base of the models of tables, and their metaclass. Imported once Django's apps are known."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import connections as databases
from django.db.models.base import ModelBase, model_unpickle

from ...credentials import ConnectionRef, Credentials
from ...exceptions import ConfigurationError
from ...querysets.prefetch import related_rows
from ...tables import Row
from ..fields.system_fields import SystemFields
from ..identity import open_identity
from ..permissions.row_permissions import RowPermissions


class TableModelBase(ModelBase):
    """The metaclass of `TableModel`: only proxies derive from the model of a table."""

    def __new__(cls, name: str, bases: tuple[type, ...], attributes: dict[str, Any], **kwargs: Any) -> Any:
        made: Any = super().__new__(cls, name, bases, attributes, **kwargs)
        parent = next((base for base in bases if getattr(base, "declared_table", None) is not None), None)
        if parent is not None and not made._meta.proxy:
            raise ConfigurationError(
                f"{name}: the rows of {parent.__name__} are those of a Table, which a model cannot extend. Write"
                " class Meta: proxy = True, or add the columns to the Table."
            )
        return made


class TableModel(SystemFields, RowPermissions, metaclass=TableModelBase):
    """Base of the models that `model_of()` returns. `declared_table` is the Table."""

    declared_table: ClassVar[type[Row]]

    class Meta:
        abstract = True

    def __reduce__(self) -> Any:
        reduced: Any = super().__reduce__()
        return model_unpickle, (type(self),), reduced[2]

    def save_base(self, *args: Any, **kwargs: Any) -> None:
        """Save, and forget the version that the row had before."""
        was_new = self._state.adding
        super().save_base(*args, **kwargs)
        version = self.declared_table._meta.version
        if version is not None and not was_new:
            self.__dict__.pop(version.name, None)

    def __str__(self) -> str:
        """Return the text of the Table's row with these values."""
        return str(self.as_row())

    def clean(self) -> None:
        """Check the row as a whole by `clean()` of the Table, and take over what that sets."""
        row = self.as_row()
        before = dict(row._values)
        row.clean()
        for name, value in row._values.items():
            if name not in before or before[name] is not value:
                setattr(self, name, value)

    def as_row(self) -> Any:
        """Return a row of the Table, to be read, with the values and related rows that this instance has."""
        row = self._without_relations()
        fields: list[Any] = [*self._meta.concrete_fields]
        for field in fields:
            if field.is_relation and field.is_cached(self):
                other = field.get_cached_value(self)
                related = None if other is None else other._without_relations()
                related_rows(row)[field.name] = self.__dict__[field.attname], related
        return row

    def _without_relations(self) -> Any:
        table = self.declared_table
        row = table.from_appwrite({"$id": self.pk}, _identity_of(self._state.db))
        for name, column in table._meta.columns.items():
            if name in self.__dict__ and column is not table._meta.version:
                row._values[name] = self.__dict__[name]
        return row


def _identity_of(database: str | None) -> Any:
    """Return whom a row reads related rows as: as the instance does, and as a guest where its user is not here."""
    connection: Any = None if database is None else databases[database]
    if connection is None or not connection.is_for_users:
        return None if connection is None else connection.using
    identity = open_identity(connection.alias)
    return ConnectionRef(connection.appwrite_alias, identity.credentials if identity else Credentials.of_guest())
