"""Convert a row to a dict of values by name."""

from __future__ import annotations

import copy
import json
import warnings
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder

if TYPE_CHECKING:
    from .row import Row


class RowDict(dict[str, Any]):
    """Values by column name.

    Appwrite's own keys (`$id`) are found too, with a DeprecationWarning: `to_dict()` had them before there was
    `to_appwrite()`.
    """

    def __init__(self, values: dict[str, Any], raw: dict[str, Any]) -> None:
        super().__init__(values)
        self._system = {key: value for key, value in raw.items() if key.startswith("$")}

    def __missing__(self, key: str) -> Any:
        value = self._system[key]
        warnings.warn(
            f"to_dict() gives values by column name and has no {key!r} any more; use to_appwrite()[{key!r}].",
            DeprecationWarning,
            stacklevel=2,
        )
        return value


def values_of(row: Row) -> dict[str, Any]:
    """Return Python values by name: `id`, `created_at`, `updated_at`, and the columns that were read or set.

    Raises ValidationError, by column, for a set value that the column cannot hold.
    """
    values: dict[str, Any] = {"id": row.id, "created_at": row.created_at, "updated_at": row.updated_at}
    for name, column in row._meta.columns.items():
        if name in row._values:
            try:
                values[name] = column.clean(row._values[name]) if row._values[name] is not None else None
            except ValidationError as error:
                raise ValidationError({name: error}) from None
        elif not row.is_saved or column.key in row._raw:
            values[name] = copy.deepcopy(getattr(row, name))
    return values


def json_ready(values: dict[str, Any]) -> dict[str, Any]:
    """Convert values to JSON's types with Django's encoder: dates, times, Decimals and UUIDs become text."""
    converted: dict[str, Any] = json.loads(json.dumps(values, cls=DjangoJSONEncoder))
    return converted
