"""The base of the models of tables, and their metaclass. Imported once Django's apps are known."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models.base import ModelBase, model_unpickle

from ...exceptions import ConfigurationError
from ...tables import Row
from ..fields.system_fields import SystemFields


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


class TableModel(SystemFields, metaclass=TableModelBase):
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
        """Return a row of the Table, to be read, with the values of this instance that were read or set."""
        table = self.declared_table
        row = table.from_appwrite({"$id": self.pk}, None)  # type: ignore[arg-type]
        for name, column in table._meta.columns.items():
            if name in self.__dict__ and column is not table._meta.version:
                row._values[name] = self.__dict__[name]
        return row
