"""System checks of models whose rows live on Appwrite."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Warning
from django.db import NotSupportedError, models
from django.db.backends.base.validation import BaseDatabaseValidation

from ...plans.limits import INDEX_LENGTH
from ..columns import column_of
from .ownership import shared_tables


class DatabaseValidation(BaseDatabaseValidation):
    def check(self, **kwargs: Any) -> list[CheckMessage]:
        found = [*super().check(**kwargs), *shared_tables(str(self.connection.settings_dict["NAME"]))]
        if not apps.is_installed("django_appwrite_orm"):
            found.append(
                Error(
                    f"The database {self.connection.alias!r} is on Appwrite, and its app is not in INSTALLED_APPS.",
                    hint="Add 'django_appwrite_orm' to INSTALLED_APPS: it has the system checks and the commands.",
                    id="appwrite.E118",
                )
            )
        return found

    def check_field(self, field: Any, **kwargs: Any) -> list[CheckMessage]:
        needed = getattr(getattr(field, "model", None), "_meta", None)
        if needed and not all(getattr(self.connection.features, name, False) for name in needed.required_db_features):
            return []  # a model that is not made here
        return list(_field_problems(field))


def _field_problems(field: Any) -> Iterator[CheckMessage]:
    if isinstance(field, models.CompositePrimaryKey):
        yield Error(
            "Appwrite has no primary keys of several columns.",
            hint="Use one field as the primary key, and a UniqueConstraint over these.",
            obj=field,
            id="appwrite.E101",
        )
        return
    # Until Django 6.0 a relation to many has the name of a column, and still no column.
    has_column = getattr(field, "column", None) is not None and not field.many_to_many
    if not has_column or getattr(field, "generated", False) or _is_reported_by_django(field):
        return
    try:
        column = column_of(field)
    except NotSupportedError as error:
        yield Error(str(error), hint="Use another field, or keep the model in another database.", obj=field,
                    id="appwrite.E104")  # fmt: skip
        return
    if (
        field.unique
        and column.column.kind.is_text
        and column.column.index_length > INDEX_LENGTH
        and not field.primary_key
    ):
        yield Error(
            f"Appwrite's unique indexes hold at most {INDEX_LENGTH} characters.",
            hint=f"Give max_length={INDEX_LENGTH} or less.",
            obj=field,
            id="appwrite.E102",
        )
    if column.key not in ("$id", field.column):
        yield Warning(
            f"The column is called {column.key!r} on Appwrite, where {field.column!r} is not a key.",
            hint="Give db_column=... of 1 to 36 letters, digits, '_' or '-'.",
            obj=field,
            id="appwrite.W106",
        )


def _is_reported_by_django(field: Any) -> bool:
    """Whether it is a relation to a model that is not there, or a Decimal without digits."""
    if field.remote_field:
        return isinstance(field.remote_field.model, str)
    if field.get_internal_type() != "DecimalField":
        return False
    digits, places = field.max_digits, field.decimal_places
    return not (isinstance(digits, int) and isinstance(places, int) and 0 <= places <= digits and digits > 0)
