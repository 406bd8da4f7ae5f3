"""Permission strings: parsed, checked and expanded."""

from __future__ import annotations

import pytest

from django_appwrite_orm.local.api.permissions import ROW_VERBS, TABLE_VERBS, check_permissions


def test_write_is_expanded() -> None:
    assert check_permissions(['write("any")'], TABLE_VERBS) == ['create("any")', 'update("any")', 'delete("any")']
    assert check_permissions(['write("any")'], ROW_VERBS) == ['update("any")', 'delete("any")']


def test_duplicate_permissions_are_dropped() -> None:
    given = ['read("any")', 'write("users")', 'update("users")', 'read("any")']
    assert check_permissions(given, ROW_VERBS) == ['read("any")', 'update("users")', 'delete("users")']


@pytest.mark.parametrize(
    "role",
    [
        "any",
        "guests",
        "users",
        "users/verified",
        "user:a.b-c_d",
        "user:a/unverified",
        "team:t/owner",
        "member:m",
        "label:x1",
    ],
)
def test_valid_roles_are_accepted(role: str) -> None:
    assert check_permissions([f'read("{role}")'], ROW_VERBS) == [f'read("{role}")']


@pytest.mark.parametrize(
    "value",
    [
        *(
            "read(any)",
            'fly("any")',
            'create("any")',
            'read("any:x")',
            'read("users/odd")',
            'read("user:")',
            'read("team:")',
        ),
        *('read("guests/x")', 'read("role:x")', 'read("label:a-b")', 'read("user:a b")', 'read("")', "", 5, None),
        *(
            'read("any") ',
            'read("users","any")',
            'read("team:t/")',
            'read("member:m/x")',
            'read("user:' + "x" * 37 + '")',
        ),
    ],
)
def test_invalid_permissions_are_refused(value: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the reason is for people
        check_permissions([value], ROW_VERBS)


def test_the_number_of_permissions_is_limited() -> None:
    with pytest.raises(ValueError, match="100"):
        check_permissions([f'read("user:u{number}")' for number in range(101)], ROW_VERBS)
    with pytest.raises(ValueError, match="list"):
        check_permissions('read("any")', ROW_VERBS)
