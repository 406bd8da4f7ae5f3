"""`RowPermissions`, a base of models. Imported by the models that have it, once Django's apps are known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import NotSupportedError, models, router
from django.db import connections as databases

from ...plan_execution import execute_read
from ...plans import GetRow
from ...tables.system_columns import PERMISSIONS_KEY
from ..columns import row_id_of
from ..fields.system import elsewhere
from ..model_table import table_of
from ..statements import Statement
from .values import PENDING, PermissionsField

# Where an instance keeps the permissions that were read.
_READ = "_read_permissions"


class RowPermissions(models.Model):
    """Base of models with `permissions`, those of the single row. They have an effect where the table has row security.

    They are read when they are used for the first time, and written by `save()`, `create()` and `bulk_create()`
    together with the row. They are not a field: forms, serializers and queries do not have them.
    """

    class Meta:
        abstract = True

    @property
    def permissions(self) -> list[str]:
        """Permissions of this row, as the SDK's `Permission` writes them; assign a list to change them.

        Those of a row that is not saved are the assigned ones. Reading raises `DoesNotExist` where the row is gone.
        """
        state = vars(self)
        if state.get(PENDING) is not None:
            return list(state[PENDING])
        if self._state.adding:
            return []
        if _READ not in state:
            state[_READ] = _stored_permissions(self)
        return list(state[_READ])

    @permissions.setter
    def permissions(self, value: Iterable[str]) -> None:
        if isinstance(value, str):
            raise TypeError(f"{type(self)._meta.label}.permissions: assign a list of permissions, not a text.")
        vars(self)[PENDING] = list(value)

    def save_base(self, *args: Any, **kwargs: Any) -> None:
        """Save, and forget the permissions that the row had before."""
        using = kwargs.get("using") or router.db_for_write(type(self), instance=self)
        if vars(self).get(PENDING) is not None:
            _require_appwrite(type(self), using)
        super().save_base(*args, **kwargs)
        self._forget_permissions()

    def refresh_from_db(self, using: Any = None, fields: Any = None, **kwargs: Any) -> None:  # type: ignore[override]
        """Read the values again; without `fields` also the permissions, when they are used."""
        super().refresh_from_db(using, fields, **kwargs)
        if fields is None:
            self._forget_permissions()

    def _forget_permissions(self) -> None:
        for name in (PENDING, _READ):
            vars(self).pop(name, None)

    def _do_update(self, base_qs: Any, using: Any, pk_val: Any, values: Any, *others: Any) -> Any:
        granted = vars(self).get(PENDING)
        if granted is not None:
            values = [*values, (PermissionsField(base_qs.model), None, granted)]
        return super()._do_update(base_qs, using, pk_val, values, *others)

    @classmethod
    def check(cls, **kwargs: Any) -> list[CheckMessage]:
        problems = super().check(**kwargs)
        field = PermissionsField(cls)
        problems += elsewhere(field, kwargs.get("databases") or (), "Only Appwrite keeps permissions of rows.")
        if any(own.name == field.name for own in cls._meta.get_fields()):
            problems.append(
                Error(
                    f"{cls._meta.label}.permissions: a field has the name of the row's permissions.",
                    hint="Give the field another name, with db_column='permissions' to keep its column.",
                    obj=cls,
                    id="appwrite.E116",
                )
            )
        return problems


def _stored_permissions(instance: models.Model) -> list[str]:
    model = type(instance)
    database = instance._state.db or router.db_for_read(model, instance=instance)
    _require_appwrite(model, database)
    connection: Any = databases[database]
    table = table_of(model)._meta
    plan = GetRow(connection.ref(table), row_id_of(instance, connection))
    operation = execute_read(table, connection.using, plan, connection.override)
    raw = connection.run(Statement.of(f"permissions {table.id} {plan.row_id}", operation, strategy="direct"))
    if raw is None:
        raise model.DoesNotExist(f"{model._meta.label} has no row {instance.pk!r} any more.")  # type: ignore[attr-defined]
    return list(raw[PERMISSIONS_KEY])


def _require_appwrite(model: type[models.Model], database: str) -> None:
    if databases[database].vendor != "appwrite":
        raise NotSupportedError(
            f"{model._meta.label}.permissions: database {database!r} is not on Appwrite, and keeps no permissions of"
            " rows."
        )
