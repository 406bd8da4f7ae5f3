"""Primary keys of models and ids of rows."""

from __future__ import annotations

import re
import uuid

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from django_appwrite_orm.backend.columns import column_of
from django_appwrite_orm.backend.keys import IdKey, NumberKey, UUIDKey, ValueKey, key_of
from django_appwrite_orm.conf import VALID_ID

from .shop.models import Batch, Counter, Note, Product, Special, Tag

INT64_MAX = 2**63 - 1


@pytest.mark.parametrize(
    ("model", "key"),
    [
        (Product, NumberKey),
        (Special, NumberKey),
        (Batch, UUIDKey),
        (Note, IdKey),
        (Tag, ValueKey),
        (Counter, ValueKey),
    ],
)
def test_the_primary_key_decides_what_ids_are_made_of(model: type, key: type) -> None:
    assert type(key_of(model._meta.pk)) is key


@given(st.integers(0, INT64_MAX), st.integers(0, INT64_MAX))
def test_ids_of_numbers_order_as_the_numbers_and_lead_back(one: int, other: int) -> None:
    key = NumberKey()
    assert (key.row_id(one) < key.row_id(other)) == (one < other)
    assert key.value(key.row_id(one)) == one
    assert VALID_ID.fullmatch(key.row_id(one))


@pytest.mark.parametrize("value", [-1, INT64_MAX + 1])
def test_a_number_that_no_row_can_have_is_refused(value: int) -> None:
    with pytest.raises(ValidationError, match="from 0 to 9223372036854775807"):
        NumberKey().row_id(value)


def test_a_row_made_elsewhere_under_another_id_says_what_key_it_needs() -> None:
    with pytest.raises(ValidationError, match="IDField"):
        NumberKey().value("65a1b2c3d4e5f6a7b8c9")


def test_a_uuid_is_its_36_characters() -> None:
    value = uuid.uuid4()
    assert UUIDKey().row_id(value) == UUIDKey().row_id(value.hex) == str(value)
    assert UUIDKey().value(str(value)) == value


@pytest.mark.parametrize("value", ["a", "maker-1", "2024-05-31", "5"])
def test_a_value_that_is_an_id_in_lower_case_is_the_id(value: str) -> None:
    assert ValueKey().row_id(value) == value


@pytest.mark.parametrize("value", ["", "0", "A", "a b", "ä", "../x", "h.abc", "x" * 37, "unique()"])
def test_any_other_value_is_a_digest_that_is_a_valid_id(value: str) -> None:
    row_id = ValueKey().row_id(value)
    assert re.fullmatch(r"h\.[a-z2-7]{34}", row_id)
    assert row_id != ValueKey().row_id(value + "x")


def test_an_id_field_makes_ids_and_refuses_what_is_not_one() -> None:
    note = Note(text="new")
    assert VALID_ID.fullmatch(note.pk)
    assert note.pk != Note(text="another").pk
    for wrong in ("../x", "a b", "x" * 37, "a\n"):
        with pytest.raises(ValidationError):
            IdKey().row_id(wrong)
        with pytest.raises(ValidationError):
            Note(id=wrong, text="x").full_clean()


def test_an_id_field_is_the_same_in_a_migration() -> None:
    field = Note._meta.pk
    name, path, args, options = field.deconstruct()
    assert (name, path, list(args), options) == (
        "id", "django_appwrite_orm.models.IDField", [], {"primary_key": True, "serialize": False},
    )  # fmt: skip


def test_a_foreign_key_holds_the_id_of_the_row_it_leads_to() -> None:
    column = column_of(Batch._meta.get_field("product"))
    assert (column.key, column.encode(7)) == ("product_id", "0000000000000000007")
    assert column.decode is not None
    assert column.decode("0000000000000000007") == 7


def test_a_foreign_key_to_a_value_holds_the_value() -> None:
    column = column_of(Batch._meta.get_field("tag"))
    assert (column.key, column.encode("Some Tag"), column.decode) == ("tag_id", "Some Tag", None)
    assert column.column.definition()["size"] == 50


def test_a_link_to_the_parent_is_the_id_of_the_row() -> None:
    column = column_of(Special._meta.pk)
    assert (column.key, column.encode(7)) == ("$id", "0000000000000000007")
