"""`to_dict()`: Python values by name, or values for JSON."""

from __future__ import annotations

import copy
import datetime
import json
import pickle
import uuid
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.http import JsonResponse

from django_appwrite_orm import Permission, Role, Table, columns
from tests.support.raw_rows import SYSTEM, stored

KEY = uuid.UUID("12345678-1234-5678-1234-567812345678")
CREATED = datetime.datetime(2024, 1, 2, 3, 4, 5, 678_000, tzinfo=datetime.UTC)


class Bill(Table):
    amount = columns.Decimal(max_digits=6, decimal_places=2, column="sum")
    key = columns.UUID()
    extra = columns.JSON()
    place = columns.Point()
    day = columns.Date()
    payer = columns.Reference("Payer")
    tags = columns.Relationship("self", "manyToMany")


def bill() -> Bill:
    raw = {
        **SYSTEM,
        "sum": 900,
        "key": str(KEY),
        "extra": '[{"a":[1]}]',
        "place": [13.5, 52],
        "day": "2024-05-31",
        "payer_id": "ada",
        "unknown": 1,
    }
    return Bill.from_appwrite(raw, "default")


def test_to_dict_has_python_values_by_name() -> None:
    assert bill().to_dict() == {
        "id": "b1",
        "created_at": CREATED,
        "updated_at": CREATED + datetime.timedelta(days=1),
        "amount": Decimal("9.00"),
        "key": KEY,
        "extra": {"a": [1]},
        "place": (13.5, 52.0),
        "day": datetime.date(2024, 5, 31),
        "payer_id": "ada",
    }


def test_to_dict_with_json_has_json_types() -> None:
    found = bill().to_dict(json=True)
    assert found == {
        "id": "b1",
        "created_at": "2024-01-02T03:04:05.678Z",
        "updated_at": "2024-01-03T03:04:05.678Z",
        "amount": "9.00",
        "key": str(KEY),
        "extra": {"a": [1]},
        "place": [13.5, 52.0],
        "day": "2024-05-31",
        "payer_id": "ada",
    }
    assert json.loads(json.dumps(found)) == found == json.loads(JsonResponse(bill().to_dict()).content)


def test_to_dict_includes_changes_and_is_a_copy() -> None:
    row = bill()
    row.amount = "3.5"
    row.extra["a"].append(2)
    found = row.to_dict()
    assert (found["amount"], found["extra"]) == (Decimal("3.50"), {"a": [1, 2]})
    found["extra"]["a"].append(3)
    assert row.extra == {"a": [1, 2]}
    row.amount = "much"
    with pytest.raises(ValidationError) as caught:
        row.to_dict()
    assert list(caught.value.message_dict) == ["amount"]


def test_to_dict_leaves_out_permissions_and_columns_that_were_not_read() -> None:
    row = Bill.from_appwrite({**SYSTEM, "sum": None}, "default")
    row.permissions = [Permission.read(Role.any())]
    assert row.to_dict().keys() == {"id", "created_at", "updated_at", "amount"}


def test_to_dict_of_a_new_row_has_all_columns() -> None:
    found = Bill(amount=Decimal(1)).to_dict()
    assert found.keys() == {"id", "created_at", "updated_at", *Bill._meta.columns}
    assert (found["id"], found["created_at"], found["amount"], found["day"]) == (None, None, Decimal("1.00"), None)


def test_appwrites_keys_in_to_dict_cause_a_deprecation_warning() -> None:
    for found in (stored().to_dict(), copy.copy(stored().to_dict()), pickle.loads(pickle.dumps(stored().to_dict()))):
        with pytest.warns(DeprecationWarning, match=r"use to_appwrite\(\)\['\$id'\]"):
            assert found["$id"] == "b1"
        with pytest.raises(KeyError):
            _ = found["$nothing"]
        assert "$id" not in found
