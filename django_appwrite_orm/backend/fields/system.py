"""When a row was created and last changed, which Appwrite keeps for every row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.core.checks import CheckMessage, Error
from django.db import connections, models, router
from django.db.models.query_utils import DeferredAttribute
from django.utils.translation import pgettext_lazy


class SystemAttribute(DeferredAttribute):
    """Reads the value when it is used for the first time after a change: only the server knows it."""

    field: SystemField

    def __get__(self, instance: models.Model | None, owner: Any = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__ and not instance._state.adding:
            rows = type(instance)._base_manager.using(instance._state.db).filter(pk=instance.pk)
            self.__set__(instance, next(iter(rows.values_list(name, flat=True)), None))
        return instance.__dict__.get(name)

    def __set__(self, instance: models.Model, value: Any) -> None:
        if value is None:  # not there before the commit
            instance.__dict__.pop(self.field.attname, None)
        else:
            instance.__dict__[self.field.attname] = value


class SystemField(models.DateTimeField):  # type: ignore[type-arg]  # its types are those of DateTimeField
    """A point in time that Appwrite sets. To Django it is a generated field: it is in no insert and no update."""

    descriptor_class = SystemAttribute
    system_key: ClassVar[str]
    # The name that `SystemFields` gives it, and the label under this name.
    usual_name: ClassVar[str]
    label: ClassVar[Any]
    generated = True
    db_returning = True
    # What Django asks of generated fields: no other field decides on the value.
    expression: Any = models.Value(None)
    referenced_fields: frozenset[Any] = frozenset()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{**options, **_OPTIONS})

    @property
    def output_field(self) -> SystemField:
        return self

    def set_attributes_from_name(self, name: str) -> None:
        if self.verbose_name is None and name == self.usual_name:
            self.verbose_name = self.label  # no option of the field, so that no migration has it
        super().set_attributes_from_name(name)

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        return name, path, args, {key: value for key, value in options.items() if key not in _OPTIONS}

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        return [*super().check(**kwargs), *elsewhere(self, kwargs.get("databases") or (), _ON_SQL)]


# Rows that were created before a migration have a value too, so it asks for no default.
_OPTIONS: dict[str, Any] = {"blank": True, "editable": False, "null": True, "serialize": False}
_ON_SQL = "Use auto_now_add=True or auto_now=True of a DateTimeField."


class CreatedAtField(SystemField):
    """`$createdAt`: when the row was created."""

    system_key = "$createdAt"
    usual_name, label = "created_at", pgettext_lazy("row", "created at")


class UpdatedAtField(SystemField):
    """`$updatedAt`: when the row was last changed, by whoever it was."""

    system_key = "$updatedAt"
    usual_name, label = "updated_at", pgettext_lazy("row", "updated at")


def elsewhere(field: models.Field[Any, Any], databases: Sequence[str], hint: str) -> list[CheckMessage]:
    """Return an error for each database that is not on Appwrite and has the model of the field."""
    return [
        Error(
            f"{type(field).__name__} is for models on Appwrite, and this one is in database {alias!r}.",
            hint=hint,
            obj=field,
            id="appwrite.E111",
        )
        for alias in databases
        if connections[alias].vendor != "appwrite" and router.allow_migrate_model(alias, field.model)
    ]
