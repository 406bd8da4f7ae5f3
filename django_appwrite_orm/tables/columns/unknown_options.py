"""The error for options that a column does not have, with advice for those of Django's fields."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

from ...exceptions import ConfigurationError

if TYPE_CHECKING:
    from .base import Column
    from .relations import Relation

_FORMS = "Give it to the field of a form or serializer"
_LEAVE = "Leave it out"


def _indexed(kind: str) -> Callable[[Any], str]:
    return lambda value: (
        f"Write {kind}('<name of the column>') into Meta.indexes." if value else f"{_LEAVE}: that is the default."
    )


def _null(value: Any) -> str:
    if value:
        return f"{_LEAVE}: a column without required=True can be None."
    return "Write required=True instead."


def _blank(value: Any) -> str:
    if value:
        return f"{_LEAVE}: a column without required=True can be None, and an empty string is a value."
    return "Write required=True to refuse None. To refuse an empty string, use a form or serializer."


# What to write instead of Django's options on any column: a text, or a function of the option's value.
_INSTEAD: Final[Mapping[str, str | Callable[[Any], str]]] = {
    "auto_now": "Use row.updated_at, which Appwrite keeps for every row, or set the value in save().",
    "auto_now_add": "Use row.created_at, which Appwrite keeps for every row, or write default=timezone.now.",
    "blank": _blank,
    "choices": "Write columns.Enum([...]).",
    "db_collation": f"{_LEAVE}: the collation is that of the database under Appwrite.",
    "db_column": "Write column=... instead.",
    "db_comment": f"{_LEAVE}: Appwrite has no comments.",
    "db_constraint": f"{_LEAVE}: Appwrite has no constraints.",
    "db_index": _indexed("Index"),
    "db_tablespace": f"{_LEAVE}: Appwrite has no tablespaces.",
    "decimal_places": "Write columns.Decimal(max_digits=..., decimal_places=...) for exact numbers.",
    "editable": f"{_LEAVE}: a form or serializer names its fields itself.",
    "error_messages": f"{_FORMS}.",
    "help_text": f"{_FORMS}.",
    "limit_choices_to": f"{_FORMS}, as queryset=.",
    "max_digits": "Write columns.Decimal(max_digits=..., decimal_places=...) for exact numbers.",
    "max_value": "Write max=... on a column of numbers.",
    "min_value": "Write min=... on a column of numbers.",
    "null": _null,
    "primary_key": "Leave it out: every row has an id. Write UniqueIndex('<name of the column>') into Meta.indexes.",
    "related_query_name": "Write related_name=... instead: lookups use it too.",
    "serialize": f"{_LEAVE}: django.core.serializers does not take tables.",
    "through": "Declare a table with two columns.Reference(...).",
    "to_field": f"{_LEAVE}: a reference keeps the id of the other row.",
    "unique": _indexed("UniqueIndex"),
    "unique_for_date": "Check it before saving: Appwrite has no such index.",
    "unique_for_month": "Check it before saving: Appwrite has no such index.",
    "unique_for_year": "Check it before saving: Appwrite has no such index.",
    "validators": f"{_FORMS}.",
    "verbose_name": f"{_FORMS}, as label=.",
}
_NO_REFERENCE = "only columns.Reference(...) and columns.Relationship(...) refer to other tables"
_OF_REFERENCES: Final = ("limit_choices_to", "on_delete", "related_name", "related_query_name", "through", "to_field")


def unknown_options(
    owner: Column | Relation, options: Mapping[str, Any], known: Collection[str] = ()
) -> ConfigurationError:
    """Return the error for the first of `options`, with what to write instead.

    `known` are the options that the column accepts, where they are not those of its classes.
    """
    option, value = next(iter(options.items()))
    owner_class = type(owner)
    name = getattr(owner, "declared_as", owner_class.__name__)
    advice = _advice(owner_class, option, value, known or _options(owner_class))
    return ConfigurationError(f"{name} has no option {option}=. {advice}")


def _advice(owner_class: Any, option: str, value: Any, known: Collection[str]) -> str:
    is_relation = hasattr(owner_class, "declared_as")
    if option == "max_length":
        return _size(owner_class, value)
    if option == "on_delete" and is_relation:
        return (
            "The server does not enforce a Reference: delete the referring rows yourself, or declare a Relationship,"
            ' which has on_delete="cascade", "restrict" and "setNull".'
        )
    if option in _OF_REFERENCES and not is_relation:
        return f"{_LEAVE}: {_NO_REFERENCE}."
    if option == "choices" and owner_class.__name__ == "Enum":
        return "Pass the list as the first argument: columns.Enum([...])."
    if option in _INSTEAD:
        advice = _INSTEAD[option]
        return advice if isinstance(advice, str) else advice(value)
    near = difflib.get_close_matches(option, known)
    return f"{f'Did you mean: {near[0]}=? ' if near else ''}It has: {', '.join(sorted(known))}."


def _size(owner_class: Any, value: Any) -> str:
    if "size" in inspect.signature(owner_class.__init__).parameters:
        return f"Write size={value!r} instead."
    kind = getattr(owner_class, "kind", None)  # a relation has none
    if kind is not None and kind.is_text:
        fixed = f" ({kind.size} characters)" if kind.size else ""
        return f"{_LEAVE}: its size is fixed{fixed}. columns.String(size=...) has one of its own."
    return f"{_LEAVE}: the column does not hold text."


def _options(owner_class: type) -> set[str]:
    """Return the options of a class and its bases, by the signatures of their `__init__`."""
    inits = [vars(base)["__init__"] for base in owner_class.__mro__ if "__init__" in vars(base) and base is not object]
    parameters = [parameter for init in inits for parameter in inspect.signature(init).parameters.values()]
    return {parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY}
