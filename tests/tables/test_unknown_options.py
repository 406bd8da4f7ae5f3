"""Unknown options of columns and indexes, above all those of Django's fields: errors with advice."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.validators import MinLengthValidator
from django.db import models

from django_appwrite_orm import FulltextIndex, Index, SpatialIndex, UniqueIndex, columns
from django_appwrite_orm.exceptions import ConfigurationError

KINDS: dict[str, tuple[Any, ...]] = {
    **{name: () for name in columns.__all__ if name not in ("Column", "Enum", "Reference", "Relationship")},
    "Enum": (["a"],),
    "Reference": ("Other",),
    "Relationship": ("Other", "manyToOne"),
}
NEEDED: dict[str, dict[str, Any]] = {"Decimal": {"max_digits": 5, "decimal_places": 2}}

SAID: list[tuple[str, dict[str, Any], str]] = [
    ("String", {"max_length": 80}, "String has no option max_length=. Write size=80 instead."),
    ("Varchar", {"max_length": 80}, "Write size=80 instead."),
    ("Text", {"max_length": 80}, "Leave it out: its size is fixed."),
    ("Email", {"max_length": 80}, "Leave it out: its size is fixed (254 characters)."),
    ("UUID", {"max_length": 36}, "Leave it out: its size is fixed."),
    ("Integer", {"max_length": 5}, "Leave it out: the column does not hold text."),
    ("String", {"null": True}, "Leave it out: a column without required=True can be None."),
    ("String", {"null": False}, "Write required=True instead."),
    ("String", {"blank": True}, "Leave it out: a column without required=True can be None"),
    ("String", {"blank": False}, "Write required=True to refuse None"),
    ("String", {"unique": True}, "Write UniqueIndex('<name of the column>') into Meta.indexes."),
    ("String", {"unique": False}, "Leave it out: that is the default."),
    ("Reference", {"db_index": True}, "Write Index('<name of the column>') into Meta.indexes."),
    ("String", {"primary_key": True}, "every row has an id"),
    ("String", {"choices": [("a", "A")]}, "Write columns.Enum([...])"),
    ("String", {"validators": [MinLengthValidator(2)]}, "Give it to the field of a form or serializer."),
    ("String", {"verbose_name": "Title"}, "Give it to the field of a form or serializer, as label=."),
    ("String", {"help_text": "x"}, "Give it to the field of a form or serializer."),
    ("String", {"editable": False}, "a form or serializer names its fields itself"),
    ("String", {"db_column": "t"}, "Write column=... instead."),
    ("String", {"on_delete": models.CASCADE}, "only columns.Reference(...) and columns.Relationship(...) refer"),
    ("Reference", {"on_delete": models.CASCADE}, "The server does not enforce a Reference"),
    ("Reference", {"to_field": "name"}, "a reference keeps the id of the other row"),
    ("Reference", {"null": False}, "Write required=True instead."),
    ("Relationship", {"null": True}, "Relationship has no option null=. Leave it out"),
    ("Relationship", {"through": "X"}, "Declare a table with two columns.Reference(...)."),
    ("Datetime", {"auto_now": True}, "Use row.updated_at"),
    ("Datetime", {"auto_now_add": True}, "write default=timezone.now"),
    ("Float", {"decimal_places": 2}, "Write columns.Decimal(max_digits=..., decimal_places=...)"),
    ("Integer", {"min_value": 1}, "Write min=... on a column of numbers."),
    ("Version", {"default": 1}, "Version has no option default=. It has: column, renamed_from."),
    (
        "String",
        {"requird": True},
        "String has no option requird=. Did you mean: required=? It has: array, column, convert",
    ),
]


@pytest.mark.parametrize(("kind", "options", "said"), SAID)
def test_the_error_for_an_unknown_option_has_advice(kind: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        getattr(columns, kind)(*KINDS[kind], **NEEDED.get(kind, {}), **options)
    assert said in str(caught.value)
    assert isinstance(caught.value, ImproperlyConfigured)


def test_choices_on_an_enum_point_to_its_first_argument() -> None:
    with pytest.raises(ConfigurationError, match=r"Pass the list as the first argument: columns\.Enum\(\[\.\.\.\]\)"):
        columns.Enum(choices=[("a", "A")])  # type: ignore[call-overload]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "option", ["max_length", "null", "unique", "verbose_name", "validators", "db_index", "editable"]
)
def test_every_column_class_refuses_unknown_options(kind: str, option: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{kind} has no option {option}=. [A-Z]"):
        getattr(columns, kind)(*KINDS[kind], **NEEDED.get(kind, {}), **{option: True})


def test_a_subclass_can_accept_additional_options() -> None:
    class Titled(columns.String[str]):
        def __init__(self, *, verbose_name: str = "", **options: Any) -> None:
            super().__init__(**options)
            self.verbose_name = verbose_name

    assert Titled(verbose_name="Title").verbose_name == "Title"


@pytest.mark.parametrize("kind", [Index, UniqueIndex, FulltextIndex, SpatialIndex])
@pytest.mark.parametrize(
    ("word", "value", "advice"),
    [
        ("fields", ["title", "-price"], "Pass the columns as positional arguments: Index('category', '-price')."),
        ("name", "by_title", "Write key= for its name on the server, or leave it out."),
        ("unique", True, "Write UniqueIndex(...)."),
        ("condition", models.Q(price=1), "It takes columns, key= and lengths=."),
    ],
)
def test_options_of_djangos_indexes_are_refused_with_advice(
    kind: type[Index], word: str, value: Any, advice: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        kind("title", **{word: value})
    assert str(caught.value) == f"{kind.__name__} has no option {word}=. {advice}"
