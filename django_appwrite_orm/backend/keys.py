"""Primary keys of models and ids of rows.

| primary key | id of the row |
| --- | --- |
| `IDField` | the value |
| `AutoField`, `SmallAutoField`, `BigAutoField` | 19 digits with zeros in front: ids order as the numbers do |
| `UUIDField` | its 36 characters |
| any other | the value where it is a valid id in lower case, else a digest; the value has a column of its own |
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from ..conf import ID_RULE, VALID_ID
from .fields import IDField

INT64_MAX = 2**63 - 1
DIGITS = 19
# What the id of a row begins with if it is a digest of the primary key.
_DIGEST_MARK = "h."
_DIGEST_LENGTH = 34
# Appwrite takes this id for none.
_NO_ID = "0"


class RowKey(ABC):
    """How the values of a primary key and the ids of rows lead to each other."""

    # Whether the value has a column of its own, so that it is not read from the id.
    has_column: ClassVar[bool] = False

    @abstractmethod
    def row_id(self, value: Any) -> str:
        """Return the id of the row with this primary key. Raises ValidationError if no row can have it."""

    @abstractmethod
    def value(self, row_id: str) -> Any:
        """Return the primary key of the row with this id. Raises ValidationError for a row made in another way."""

    def values(self, row_ids: Sequence[str | None]) -> list[Any]:
        """Return the primary keys of these rows, None for none. Raises as `value` does."""
        return [None if row_id is None else self.value(row_id) for row_id in row_ids]


class NumberKey(RowKey):
    """A whole number from 0 to 2**63-1, as 19 digits."""

    def row_id(self, value: Any) -> str:
        number = int(value)
        if not 0 <= number <= INT64_MAX:
            message = _("A primary key is a number from 0 to %(max)d, not %(number)d.")
            raise ValidationError(message, code="invalid", params={"max": INT64_MAX, "number": number})
        return f"{number:0{DIGITS}d}"

    def value(self, row_id: str) -> int:
        if len(row_id) != DIGITS or not (row_id.isascii() and row_id.isdigit()):
            raise ValidationError(
                f"The row {row_id!r} has no number for an id. Use an IDField as the primary key of a model whose rows"
                " are made elsewhere.",
                code="invalid",
            )
        return int(row_id)

    def values(self, row_ids: Sequence[str | None]) -> list[Any]:
        try:
            digits = "".join(row_ids).encode("ascii")  # type: ignore[arg-type]
        except (TypeError, UnicodeEncodeError):  # there is a None, or an id of another kind
            return super().values(row_ids)
        if digits.isdigit() and set(map(len, row_ids)) == {DIGITS}:  # type: ignore[arg-type]
            return list(map(int, row_ids))  # type: ignore[arg-type]
        return super().values(row_ids)


class UUIDKey(RowKey):
    """A UUID, as 36 characters in lower case."""

    def row_id(self, value: Any) -> str:
        try:
            return str(value if isinstance(value, uuid.UUID) else uuid.UUID(value))
        except (AttributeError, TypeError, ValueError):
            raise ValidationError(
                _("%(value)s is not a UUID."), code="invalid", params={"value": repr(value)}
            ) from None

    def value(self, row_id: str) -> uuid.UUID:
        try:
            return uuid.UUID(row_id)
        except ValueError:
            raise ValidationError(f"The row {row_id!r} has no UUID for an id.", code="invalid") from None


class IdKey(RowKey):
    """The id itself, as an `IDField` holds it."""

    def row_id(self, value: Any) -> str:
        if not isinstance(value, str) or not VALID_ID.fullmatch(value) or value == _NO_ID:
            message = _("%(value)s is not the id of a row. Use %(rule)s; not '0'.")
            raise ValidationError(message, code="invalid", params={"value": repr(value), "rule": _(ID_RULE)})
        return value

    def value(self, row_id: str) -> str:
        return row_id

    def values(self, row_ids: Sequence[str | None]) -> list[Any]:
        return list(row_ids)


class ValueKey(RowKey):
    """Any other value, given as its JSON: the id is made from it, and the value has a column of its own."""

    has_column = True

    def row_id(self, value: Any) -> str:
        text = str(value)
        if VALID_ID.fullmatch(text) and text == text.lower() and text != _NO_ID and not text.startswith(_DIGEST_MARK):
            return text
        digest = base64.b32encode(hashlib.sha256(text.encode()).digest()).decode().lower()
        return f"{_DIGEST_MARK}{digest[:_DIGEST_LENGTH]}"

    def value(self, row_id: str) -> Any:
        raise ValidationError("The value has a column of its own; it is not read from the id.", code="invalid")


_NUMBER, _UUID, _ID, _VALUE = NumberKey(), UUIDKey(), IdKey(), ValueKey()


def key_of(field: models.Field[Any, Any]) -> RowKey:
    """Return the key of the model whose primary key is `field`."""
    target = field
    while isinstance(target, models.ForeignKey):  # a link to the parent, or a one-to-one relation as the primary key
        target = target.target_field
        if not target.primary_key:
            return _VALUE
    if isinstance(target, IDField):
        return _ID
    if isinstance(target, models.AutoField):
        return _NUMBER
    return _UUID if target.get_internal_type() == "UUIDField" else _VALUE
