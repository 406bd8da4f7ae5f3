"""The permissions of a row among the values that an insert or an update writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import pgettext_lazy

from ...plans import TableRef, UpdateRow
from ...tables import ROW_VERBS, columns, permission_problems
from ...tables.system_columns import PERMISSIONS_KEY
from ..columns import ModelColumn

# Where an instance keeps permissions that were set and not saved.
PENDING = "_pending_permissions"


class PermissionsField(models.Field):  # type: ignore[type-arg]  # its values are lists of texts
    """What stands for the permissions of a row where Django expects a field. No model has it among its fields."""

    def __init__(self, model: type[models.Model]) -> None:
        super().__init__(pgettext_lazy("permissions", "permissions"), editable=False)
        self.set_attributes_from_name("permissions")
        self.model = model
        self.make_column = PermissionsColumn

    def value_to_string(self, obj: models.Model) -> str:
        return json.dumps(sorted(getattr(obj, self.name)))


class PermissionsColumn(ModelColumn):
    """`$permissions` of a row."""

    def __init__(self, field: PermissionsField) -> None:
        super().__init__(field, columns.Text(array=True), PERMISSIONS_KEY)

    def _encode(self, value: Any) -> Any:
        if problems := permission_problems(value, ROW_VERBS):
            raise ValidationError(problems)
        return list(value)


def pending_permissions(instance: models.Model) -> dict[str, Any]:
    """Return the permissions that were assigned to a row and not saved, by their key in JSON."""
    granted = vars(instance).get(PENDING)
    if granted is None:
        return {}
    return {PERMISSIONS_KEY: PermissionsColumn(PermissionsField(type(instance))).encode(granted)}


def row_update(ref: TableRef, row_id: str, data: Mapping[str, Any]) -> UpdateRow:
    """Return the update of a row. Permissions among the values become those of the row."""
    if PERMISSIONS_KEY not in data:
        return UpdateRow(ref, row_id, data)
    values = {key: value for key, value in data.items() if key != PERMISSIONS_KEY}
    return UpdateRow(ref, row_id, values, tuple(data[PERMISSIONS_KEY]))
