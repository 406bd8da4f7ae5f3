"""Rows: lazy decoding, defaults, equality, copies, validation and conversion to JSON."""

from __future__ import annotations

import copy
import datetime
import pickle
from typing import Any
from unittest import mock

import pytest
from django.core.exceptions import ValidationError

from django_appwrite_orm import Permission, Role, Table, columns
from tests.support.library.tables import Book, Reader
from tests.support.raw_rows import RAW, SYSTEM, stored


def test_a_value_is_decoded_when_it_is_first_read_and_once() -> None:
    row = stored()
    with mock.patch.object(columns.Datetime, "decode", autospec=True, side_effect=columns.Datetime.decode) as decode:
        assert row.title == "Dune"
        assert decode.call_count == 0
        assert row.added is row.added
        assert decode.call_count == 1


def test_system_columns_are_read_as_python_values() -> None:
    row = stored()
    assert (row.id, row.pk, row.sequence, row.is_saved) == ("b1", "b1", 7, True)
    assert row.created_at == datetime.datetime(2024, 1, 2, 3, 4, 5, 678_000, datetime.UTC)
    assert row.updated_at == datetime.datetime(2024, 1, 3, 3, 4, 5, 678_000, datetime.UTC)
    assert row.permissions == ['read("any")']
    new = Book(title="x", price=1)
    assert (new.id, new.sequence, new.created_at, new.updated_at, new.permissions) == (None, None, None, None, [])
    assert not new.is_saved


def test_a_new_row_starts_with_its_defaults() -> None:
    before = datetime.datetime.now(datetime.UTC)
    row = Book(title="x", price=1)
    assert row.genre == "novel"
    assert before <= row.added <= datetime.datetime.now(datetime.UTC)
    assert row.tags == []
    assert Book(title="x", price=1, genre=None).genre is None
    row.full_clean()


def test_defaults_are_not_shared() -> None:
    class Cart(Table):
        items = columns.String(size=9, array=True, default=["first"])

    one, two = Cart(), Cart()
    one.items.append("second")
    assert two.items == ["first"]
    assert Cart().items == ["first"]


def test_pk_is_another_name_for_id() -> None:
    row = Book(pk="b2", title="x", price=1)
    assert row.id == "b2"
    row.pk = "b3"
    assert row.id == "b3"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("titel", "Book has no column 'titel'. Did you mean: title"),
        ("qqqq", "Did you mean: added, genre, lent, pages, price, tags, title?"),
        ("sequence", "Book.sequence is not a declared column and cannot be used here."),
        ("_raw", "Book has no column '_raw'"),
    ],
)
def test_an_unknown_name_is_refused_with_similar_ones(name: str, message: str) -> None:
    with pytest.raises(TypeError) as caught:
        Book(**{name: "x"})
    assert message in str(caught.value)


def test_a_required_column_can_be_null_on_the_server() -> None:
    class Strict(Table):
        text = columns.String(required=True)
        number = columns.Float(required=True)
        at = columns.Datetime(required=True)
        times = columns.Datetime(array=True, required=True)

    row = Strict.from_appwrite({"$id": "s", "text": None, "number": None, "at": None, "times": None}, "default")
    assert (row.text, row.number, row.at, row.times) == (None, None, None, [])
    assert Strict.from_appwrite({"$id": "s", "times": [None]}, "default").times == [None]


def test_all_errors_come_at_once_by_column() -> None:
    with pytest.raises(ValidationError) as caught:
        Book(id="-x", price="a", genre="b", permissions=["all", 'create("any")'], tags="c").full_clean()
    errors = caught.value.message_dict
    assert set(errors) == {"id", "permissions", "title", "price", "genre", "tags"}
    assert errors["id"] == [
        "'-x' is not a valid row id. Use 1 to 36 characters of A-Z, a-z, 0-9, '.', '-' and '_', the first a letter"
        " or a digit."
    ]
    assert errors["title"] == ["This column is required."]
    assert [message.split(" ")[0] for message in errors["permissions"]] == ["'all'", "'create(\"any\")'"]


@pytest.mark.parametrize("row_id", ["", "a b", "a/b", "ä", "_a", "x" * 37, "a\n", 5, "../../tables"])
def test_an_invalid_id_is_refused_before_any_request(row_id: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        Book(id=row_id, title="x", price=1)._new_data()
    assert list(caught.value.message_dict) == ["id"]


def test_the_id_of_a_saved_row_cannot_be_changed() -> None:
    row = stored()
    row.id = "other"
    with pytest.raises(ValidationError, match="cannot be changed"):
        row._changes()


def test_the_list_of_permissions_is_a_copy() -> None:
    given = [Permission.read(Role.any())]
    row = Book(title="x", price=1, permissions=given)
    given.append("nonsense")
    row.permissions.append("nonsense")
    assert row.permissions == ['read("any")']
    row.permissions = [Permission.write(Role.user("u1")), Permission.read(Role.team("t", "owner"))]
    row.full_clean()


def test_to_appwrite_is_appwrites_json_with_the_changes() -> None:
    row = stored(unknown={"x": [1]})
    row.added = "2024-05-06T05:00:00Z"
    row.tags.append("new")
    expected = {**RAW, "unknown": {"x": [1]}, "added": "2024-05-06T05:00:00.000+00:00", "tags": ["sf", "new"]}
    assert row.to_appwrite() == expected


def test_to_appwrite_returns_a_copy() -> None:
    row = stored(unknown={"x": [1]})
    found = row.to_appwrite()
    found["tags"].append("y")
    found["unknown"]["x"].append(2)
    assert row.to_appwrite() == {**RAW, "unknown": {"x": [1]}}
    assert row.tags == ["sf"]


def test_to_appwrite_of_a_new_row_and_of_one_that_cannot_be_written() -> None:
    row = Reader(id="r1", name="Ada")
    assert row.to_appwrite() == {"$id": "r1", "name": "Ada"}
    row.email = "nobody"
    row.address = None
    with pytest.raises(ValidationError) as caught:
        row.to_appwrite()
    assert list(caught.value.message_dict) == ["email"]


def test_a_column_can_have_another_key_than_its_name() -> None:
    row = Reader.from_appwrite({"$id": "r", "name": "Ada", "ip_address": "::1"}, "default")
    assert row.address == "::1"
    row.address = "::2"
    assert row._changes() == {"ip_address": "::2"}
    with pytest.raises(TypeError, match="no column 'ip_address'"):
        Reader(ip_address="::1")


def test_reading_a_column_that_was_not_selected_raises_an_error() -> None:
    row = Book.from_appwrite({**SYSTEM, "title": "Dune"}, "default")
    with pytest.raises(AttributeError, match=r"Book\.price was not read: it was not selected"):
        _ = row.price
    assert not hasattr(row, "tags")
    assert row.to_appwrite() == {**SYSTEM, "title": "Dune"}
    row.price = 5
    row.tags = []
    assert row._changes() == {"price": 5, "tags": []}
    row.full_clean()


def test_equality_and_hash_depend_on_table_and_id() -> None:
    class Paperback(Book):
        pass

    assert stored() == stored(title="Other")
    assert hash(stored()) == hash(stored(title="Other"))
    assert len({stored(), stored(), Book(id="b2", title="x", price=1)}) == 2
    assert stored() != Book(id="b2", title="x", price=1)
    assert stored() != Paperback.from_appwrite(RAW, "default")
    assert stored() != "b1"
    new = Book(title="x", price=1)
    assert new == new
    assert new != Book(title="x", price=1)
    with pytest.raises(TypeError, match="Save it first"):
        hash(new)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda row: pickle.loads(pickle.dumps(row))])
def test_a_copy_equals_its_row_and_changes_independently(duplicate: Any) -> None:
    row = stored()
    row.tags.append("mine")
    row.price = 3
    twin = duplicate(row)
    assert twin == row
    assert type(twin) is Book
    assert twin._using == "default"
    assert twin._changes() == {"price": 3, "tags": ["sf", "mine"]}
    twin.tags.append("theirs")
    twin.title = "Other"
    twin.price = 4
    assert row._changes() == {"price": 3, "tags": ["sf", "mine"]}
    assert row.title == "Dune"


def test_exceptions_of_a_table_can_be_pickled() -> None:
    error = pickle.loads(pickle.dumps(Book.DoesNotExist("none")))
    assert type(error) is Book.DoesNotExist


def test_repr_names_the_row_and_none_of_its_values() -> None:
    assert repr(stored()) == "<Book: b1>"
    assert repr(Book(title="secret", price=1)) == "<Book: unsaved>"
