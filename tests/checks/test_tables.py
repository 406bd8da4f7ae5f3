"""Tables, columns and indexes that cannot work, each with the id of its check."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import override_settings

from django_appwrite_orm import CachePolicy, Permission, Role, columns
from django_appwrite_orm.checks import check_tables
from django_appwrite_orm.registry import registry
from tests.support.system_checks import declare, found, ids

pytestmark = pytest.mark.usefixtures("own_registry")


def test_the_tables_of_the_library_are_right() -> None:
    from tests.support.library.tables import Book, Everything, Reader

    for table in (Book, Everything, Reader):
        registry.add(table)
    assert found() == []


def test_two_tables_with_one_id() -> None:
    declare({"id": "things"})
    declare({"id": "Things"}, "Other")
    assert found() == [("E010", "Thing also has the table id 'Things'; ids are not case-sensitive.")]


def test_two_tables_with_one_id_on_two_connections() -> None:
    connection = {"ENDPOINT": "local::memory:", "DATABASE_ID": "d"}
    with override_settings(APPWRITE_ORM={"default": connection, "archive": connection}):
        declare({"id": "things", "name": "one"})
        declare({"id": "things", "name": "two", "using": "archive"}, "Other")
        assert found() == [("W010", "orm.table('things') returns Thing, which was registered before this table.")]


def test_two_tables_under_one_name() -> None:
    declare({"id": "one", "name": "things"})
    declare({"id": "two", "name": "things"}, "Other")
    assert found() == [("W010", "orm.table('things') returns Thing, which was registered before this table.")]


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        ({"id": "a b"}, ("E011", "'a b' is not a valid table id.")),
        ({"id": "x" * 37}, ("E011", f"'{'x' * 37}' is not a valid table id.")),
        ({"name": "_x"}, ("E011", "'_x' is not a valid table id.")),
        ({"id": "x", "name": "n" * 129}, ("E011", "Meta.name has 129 characters.")),
        ({"id": "x", "name": ""}, ("E011", "Meta.name has 0 characters.")),
        ({"using": "none"}, ("E012", "The table's connection 'none' is not in APPWRITE_ORM (it has: default).")),
        ({"cache": 60}, ("E013", "Meta.cache is int, not a CachePolicy.")),
        (
            {"permissions": ["read(any)"]},
            (
                "E014",
                "'read(any)' is not a permission of the form verb(\"role\"), as Permission.read(Role.any()) writes it.",
            ),
        ),
        (
            {"permissions": [5]},
            ("E014", '5 is not a permission of the form verb("role"), as Permission.read(Role.any()) writes it.'),
        ),
        (
            {"permissions": ['fly("any")']},
            ("E014", "'fly(\"any\")' allows 'fly', which is not one of read, create, update, delete, write."),
        ),
        (
            {"permissions": ['read("public")']},
            ("E014", "'read(\"public\")' names 'public', which is not a role. Use the SDK's Role."),
        ),
        (
            {"permissions": [f'read("user:u{n}")' for n in range(101)]},
            ("E014", "There are 101 permissions; Appwrite allows 100."),
        ),
    ],
)
def test_meta(meta: dict[str, Any], expected: tuple[str, str]) -> None:
    declare(meta)
    assert found() == [expected]


@pytest.mark.parametrize(
    "role", ["any:x", "users/odd", "user:", "user", "team:", "member:m/x", "label:a-b", "user:a b"]
)
def test_invalid_roles_are_reported(role: str) -> None:
    declare({"permissions": [f'read("{role}")']})
    assert ids() == ["E014"]


def test_every_permission_the_sdk_writes_is_right() -> None:
    roles = [
        Role.any(),
        Role.guests(),
        Role.users(),
        Role.users("verified"),
        Role.user("u1"),
        Role.user("u1", "unverified"),
        Role.team("t1"),
        Role.team("t1", "owner"),
        Role.member("m1"),
        Role.label("vip"),
    ]
    verbs = [Permission.read, Permission.create, Permission.update, Permission.delete, Permission.write]
    declare({"permissions": [verb(role) for verb in verbs for role in roles]})
    assert found() == []


def test_a_table_of_the_default_connection_needs_one() -> None:
    connection = {"ENDPOINT": "local::memory:", "DATABASE_ID": "d"}
    declare({"name": "one"})
    declare({"name": "two", "using": "archive"}, "Other")
    with override_settings(APPWRITE_ORM={"archive": connection}):
        assert found() == [("E012", "The table's connection 'default' is not in APPWRITE_ORM (it has: archive).")]


NAMES = """
    id pk sequence created_at updated_at permissions save asave delete objects full_clean to_dict to_appwrite is_saved
    refresh_from_db DoesNotExist Meta _raw _meta clean_ maker__name self
"""


@pytest.mark.parametrize("name", NAMES.split())
def test_names_that_a_column_cannot_have_in_python(name: str) -> None:
    declare(**{name: columns.String(column="fine")})
    (message,) = check_tables()
    assert message.id == "appwrite_orm.E020"
    assert message.msg.startswith(f"A column cannot be called {name!r} in Python: ")
    assert "other_name = columns.String(..., column='fine')" in str(message.hint)


@pytest.mark.parametrize("key", ["a b", "x" * 37, "$id", "_x", "a.b", "ä", "", "a\n", 5])
def test_keys_that_a_column_cannot_have_on_the_server(key: Any) -> None:
    declare(fine=columns.String(column=key))
    if key == "":  # left out: the key is the name
        assert found() == []
    else:
        assert ids() == ["E021"]


def test_a_name_that_is_too_long_for_a_key() -> None:
    declare(**{"a" * 37: columns.String()})
    assert ids() == ["E021"]


def test_two_columns_with_one_key() -> None:
    declare(title=columns.String(), Title=columns.String(), other=columns.String(column="TITLE"))
    assert found() == [
        ("E022", "Columns 'title' and 'Title' have the same key 'Title' on the server; keys are not case-sensitive."),
        ("E022", "Columns 'title' and 'other' have the same key 'TITLE' on the server; keys are not case-sensitive."),
    ]


def test_a_row_that_is_too_wide_to_the_byte() -> None:
    fits = {f"c{n}": columns.String(size=4000) for n in range(4)}
    rest = 65_535 - 1_067 - 4 * 16_002
    assert rest == 460
    declare(**fits, small=columns.String(size=100), more=columns.Datetime(), **bools(rest - 401 - 7))
    assert found() == []
    declare({"id": "wide"}, "Wide", **fits, small=columns.String(size=100), **bools(rest - 401 + 1))
    assert found() == [
        (
            "E023",
            "A row would take 65,536 bytes; Appwrite allows 65,535."
            " The widest columns: c0 (16,002), c1 (16,002), c2 (16,002).",
        )
    ]


def bools(count: int) -> dict[str, columns.Column]:
    return {f"b{number}": columns.Boolean() for number in range(count)}


@pytest.mark.parametrize(
    ("column", "width"),
    [
        (columns.Boolean(), 1),
        (columns.Integer(), 8),
        (columns.Integer(max=2**31 - 1), 4),
        (columns.Integer(max=2**31), 8),
        (columns.BigInt(max=5), 8),
        (columns.Float(), 8),
        (columns.Datetime(), 7),
        (columns.String(size=10), 41),
        (columns.String(size=50), 201),
        (columns.String(size=255), 1_021),
        (columns.String(size=256), 1_026),
        (columns.String(size=16_381), 65_526),
        (columns.String(size=16_382), 20),
        (columns.Varchar(size=16_381), 65_526),
        (columns.Text(), 20),
        (columns.Email(), 1_017),
        (columns.URL(), 8_002),
        (columns.IP(), 157),
        (columns.String(size=4000, array=True), 20),
    ],
)
def test_what_a_column_takes_of_a_row(column: columns.Column, width: int) -> None:
    assert column.row_bytes == width


def test_too_many_columns() -> None:
    declare(**bools(1_010))
    assert found() == []
    declare({"id": "more"}, "More", **bools(1_011))
    assert found() == [("E024", "The table has 1011 columns; Appwrite allows 1010.")]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (columns.Integer(default="x"), "Column 'c': default='x' is not valid for this column."),
        (columns.Integer(max=5, db_default=6), "Column 'c': db_default=6 is not valid for this column."),
        (columns.Enum(["a"], default="b"), "Column 'c': default='b' is not valid for this column."),
        (columns.String(array=True, default="b"), "Column 'c': default='b' is not valid for this column."),
    ],
)
def test_defaults_that_the_column_refuses(column: columns.Column, message: str) -> None:
    declare(c=column)
    assert found() == [("E025", message)]


def test_a_computed_default_is_not_computed() -> None:
    def never() -> None:
        raise AssertionError

    declare(c=columns.Integer(default=never))
    assert found() == []


def test_what_is_found_names_the_table_and_stops_a_command() -> None:
    declare({"app_label": "shop", "id": "a b", "cache": CachePolicy(ttl=1)})
    (message,) = check_tables()
    assert isinstance(message, checks.Error)
    assert str(message).startswith("shop.Thing: (appwrite_orm.E011) 'a b' is not a valid table id.\n\tHINT: ")
    with pytest.raises(SystemCheckError, match=r"appwrite_orm\.E011"):
        call_command("check", tags=["appwrite_orm"])


def test_only_the_apps_that_are_asked_for_are_checked() -> None:
    from django.apps import apps

    declare({"app_label": "shop", "id": "a b"})
    assert check_tables([apps.get_app_config("library")]) == []


@pytest.mark.parametrize("beside", [columns.String(size=200, encrypt=True), columns.Point(), columns.Polygon()])
def test_a_version_beside_columns_on_which_operators_fail(beside: columns.Column) -> None:
    declare({"id": "x"}, version=columns.Version(), beside=beside)
    ((check, message),) = found()
    assert check == "E029"
    assert "'version' and encrypted or spatial columns (beside)" in message
