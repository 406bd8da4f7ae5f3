"""Find out why a change of many rows failed with 500.

Appwrite 1.9.6 also responds with 500 to a unique value that another row has, and to an operator that makes a text too
long (recorded). Nothing is changed then. Because a failing server may respond with 500 before or after the change, rows
are read, and a reason is reported only if they prove that the change was not and cannot be applied. (A row added
between the change and the reading may lead to a wrong reason.)
"""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import ngettext_lazy

from ...connection import connections
from ...credentials import Using
from ...exceptions import AppwriteError, Unavailable
from ...integrity import unique_violation
from ...plans import BY_SEQUENCE, SHOWN_LIMIT, Clause, ListRows, UpdateRows, disjunction, fits
from ...sansio import Operation
from ...tables import Row
from ...tables.validation import has_operators

_TOO_LONG = ngettext_lazy(
    "Adding %(added)d character would make row %(row)s longer than %(limit)d characters.",
    "Adding %(added)d characters would make row %(row)s longer than %(limit)d characters.",
    "added",
)


def meaning_of(table: type[Row], alias: Using, plan: UpdateRows, error: AppwriteError) -> Operation[Exception]:
    """Return a `UniqueViolation` or Django's `ValidationError` where that is proven; else `error`.

    Costs one request for each unique index and each text that is added to, and nothing for other errors than Appwrite's
    own 500.
    """
    if not isinstance(error, Unavailable) or error.status != 500 or error.type is None:
        return error
    try:
        too_long = yield from _too_long(table, alias, plan)
        return too_long or (yield from _taken(table, alias, plan, error)) or error
    except AppwriteError:  # the cause stays unknown
        return error


def _taken(table: type[Row], alias: Using, plan: UpdateRows, error: AppwriteError) -> Operation[AppwriteError | None]:
    """Return the unique violation, if one is proven.

    It is if a row matches that does not have the new values of a unique index yet, and either another row has them or a
    second one matches.
    """
    for index in table._meta.unique_indexes:
        keys = table._meta.get_keys(index.columns)
        new = {key: plan.data.get(key) for key in keys}
        if None in new.values() or has_operators(new):
            continue
        unlike = [Clause("notEqual", key, (new[key],)) for key in keys] + [Clause("isNull", key) for key in keys]
        unchanged = yield from _rows(alias, plan, disjunction(unlike), ("$id",), 2)
        if not unchanged:
            continue
        violation = yield from unique_violation(table, alias, [new], error)
        if violation.index == index.key or len(unchanged) > 1:
            violation.index = index.key
            return violation
    return None


def _too_long(table: type[Row], alias: Using, plan: UpdateRows) -> Operation[ValidationError | None]:
    """Return the error, if a row would become too long while another row of the request was not added to.

    Then none was: all of them change or none.
    """
    for key, value in plan.data.items():
        text = _added(value)
        column = table._meta.by_key.get(key)
        size = getattr(column, "size", None)
        if text is None or column is None or not isinstance(size, int):
            continue
        most = plan.first or SHOWN_LIMIT
        rows = yield from _rows(alias, plan, Clause("isNotNull", key), ("$id", "$sequence", key), most)
        values = [(row["$id"], row.get(key)) for row in rows]
        long = [row_id for row_id, old in values if isinstance(old, str) and len(old) + len(text) > size]
        if long and not all(isinstance(old, str) and old.endswith(text) for _, old in values):
            params = {"added": len(text), "row": repr(long[0]), "limit": size}
            return ValidationError({column.name: ValidationError(_TOO_LONG, code="max_length", params=params)})
    return None


def _added(value: object) -> str | None:
    """Return the text that an operator adds; None for anything else."""
    if not isinstance(value, str) or not has_operators({"": value}):
        return None
    operator = json.loads(value)
    return str(operator["values"][0]) if operator["method"] == "stringConcat" else None


def _rows(
    alias: Using, plan: UpdateRows, condition: Clause, select: tuple[str, ...], limit: int
) -> Operation[list[dict[str, Any]]]:
    """Return rows of the change that meet a condition, past the cache; none where they cannot be read."""
    filters = (*plan.filters, condition)
    if not all(map(fits, filters)):
        return []
    response = yield from connections[alias].follow(
        ListRows(plan.table, filters, BY_SEQUENCE, limit, 0, select).fetch()
    )
    return list(response.data["rows"])
