"""Tables from appwrite-orm's definitions, taken as they stand, also when they come from a JSON file."""

from __future__ import annotations

import copy
import datetime
import json
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from django_appwrite_orm import Table, columns, orm, register
from django_appwrite_orm.exceptions import ConfigurationError
from django_appwrite_orm.facade.definitions import table_from_definition
from django_appwrite_orm.registry import registry
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import migrate
from tests.support.library.tables import Book

USERS = """
{
  "name": "app-users",
  "id": null,
  "interface": null,
  "schema": {
    "name": {"type": "string", "required": true},
    "nick": {"type": "string", "size": 20, "default": "none", "min": 5},
    "age": {"type": "number", "min": 0, "max": 150},
    "visits": {"type": "integer", "default": 0},
    "score": {"type": "float", "required": false, "default": null},
    "active": {"type": "boolean", "default": true},
    "born": {"type": "Date"},
    "seen": {"type": "datetime", "array": false},
    "role": {"type": ["admin", "user"], "enum": ["admin", "user"], "default": "user"},
    "state": {"type": ["on", "off"]},
    "plan": {"type": "string", "enum": ["free", "paid"], "required": true, "default": "free"},
    "tags": {"type": "string", "array": true, "size": 10, "default": ["new"]},
    "first-name": {"type": "string"},
    "class": {"type": "string"}
  },
  "role": {"read": "public", "create": ["users", "team:staff/owner"], "update": "any", "write": "user:u1"},
  "indexes": [
    {"key": "by_name", "type": "unique", "attributes": ["name"]},
    {"key": "words", "type": "fulltext", "attributes": ["name", "nick"], "orders": null},
    {"key": "recent", "type": "key", "attributes": ["$createdAt", "age"], "orders": ["DESC", "ASC"]}
  ]
}
"""


@pytest.fixture(autouse=True)
def own_registry() -> Iterator[None]:
    before = registry.all()
    yield
    for table in set(registry.all()) - set(before):
        registry.discard(table)


@pytest.fixture
def users() -> type[Table]:
    return register(json.loads(USERS))


def test_column_types_of_appwrite_orm(users: type[Table]) -> None:
    found = users._meta.columns
    assert {name: type(column) for name, column in found.items()} == {
        "name": columns.String,
        "nick": columns.String,
        "age": columns.Integer,
        "visits": columns.Integer,
        "score": columns.Float,
        "active": columns.Boolean,
        "born": columns.Datetime,
        "seen": columns.Datetime,
        "role": columns.Enum,
        "state": columns.Enum,
        "plan": columns.Enum,
        "tags": columns.String,
        "first-name": columns.String,
        "class": columns.String,
    }
    assert (found["name"].size, found["nick"].size, found["tags"].size) == (255, 20, 10)
    assert (found["age"].min, found["age"].max) == (0, 150)
    assert [name for name, column in found.items() if column.required] == ["name", "plan"]
    assert [name for name, column in found.items() if column.array] == ["tags"]
    assert found["state"].elements == ["on", "off"]


def test_defaults_are_the_servers_where_it_can_hold_them(users: type[Table]) -> None:
    found = users._meta.columns
    assert {name: c.db_default for name, c in found.items() if c.db_default is not None} == {
        "nick": "none",
        "visits": 0,
        "active": True,
        "role": "user",
    }
    assert {name: c.default for name, c in found.items() if c.default is not None} == {"plan": "free", "tags": ["new"]}


def test_options_of_a_table_from_a_definition(users: type[Table]) -> None:
    assert (users.__name__, users._meta.name, users._meta.id) == ("AppUsers", "app-users", "app-users")
    assert users._meta.permissions == (
        'read("any")',
        'create("users")',
        'create("team:staff/owner")',
        'update("any")',
        'write("user:u1")',
    )
    assert [(i.type, i.key, i.columns, i.orders) for i in users._meta.indexes] == [
        ("unique", "by_name", ("name",), ("ASC",)),
        ("fulltext", "words", ("name", "nick"), ("ASC", "ASC")),
        ("key", "recent", ("created_at", "age"), ("DESC", "ASC")),
    ]
    assert registry.get("app-users") is users


@pytest.mark.parametrize("role", [None, {}, {"read": []}])
def test_without_a_role_anybody_reads(role: Any) -> None:
    table = table_from_definition({"name": "t", "role": role, "schema": {"a": {"type": "string"}}})
    assert table._meta.permissions == ('read("any")',)


def test_rows_of_a_table_from_a_definition(users: type[Table]) -> None:
    run_sync(migrate([users]))
    row = orm.table("app-users").create({"name": "Ada", "first-name": "A", "class": "x"}, id="u1")
    assert (row.visits, row.active, row.role, row.plan, row.tags) == (0, True, "user", "free", ["new"])
    assert getattr(row, "first-name") == "A"
    assert [found.id for found in orm.table("app-users").query({"first-name": "A", "class": "x"})] == ["u1"]
    assert orm.table("app-users").update("u1", {"first-name": "B"}).to_appwrite()["first-name"] == "B"
    with pytest.raises(ValidationError) as caught:
        orm.table("app-users").create({"name": 5, "age": 151, "plan": "gold", "class": 1})
    assert set(caught.value.message_dict) == {"name", "age", "plan", "class"}


def test_the_guides_timestamp_is_now_each_time() -> None:
    """`timestamp: { type: 'datetime', default: new Date() }`, said in Python."""
    table = register(
        {
            "name": "analytics",
            "schema": {
                "metric": {"type": "string", "required": True},
                "value": {"type": "float", "required": True},
                "timestamp": {"type": "datetime", "default": timezone.now},
            },
        }
    )
    run_sync(migrate([table]))
    before = timezone.now().replace(microsecond=0)
    first = orm.table("analytics").create({"metric": "m", "value": 1})
    assert before <= first.timestamp <= timezone.now()
    assert table.timestamp.definition()["default"] is None


def test_a_fixed_point_in_time_as_default_is_the_servers() -> None:
    moment = datetime.datetime(2024, 1, 2, tzinfo=datetime.UTC)
    table = table_from_definition({"name": "t", "schema": {"at": {"type": "Date", "default": moment}}})
    assert table.at.definition()["default"] == "2024-01-02T00:00:00.000+00:00"


def test_rows_can_be_copied_and_pickled(users: type[Table]) -> None:
    row = users.from_appwrite({"$id": "u1", "name": "Ada", "tags": ["a"]}, "default")
    row.tags.append("b")
    for twin in (copy.copy(row), pickle.loads(pickle.dumps(row))):
        assert twin == row
        assert twin._changes() == {"tags": ["a", "b"]}
        twin.tags.append("c")
    assert row.tags == ["a", "b"]


def test_register_returns_the_class_and_does_nothing_the_second_time() -> None:
    before = registry.all()
    assert register(Book) is Book
    assert registry.all() == before


FIELD = {"a": {"type": "string"}}


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ({"schema": FIELD}, "A table definition needs a 'name' that is a string, not None."),
        ({"name": 5, "schema": FIELD}, "A table definition needs a 'name' that is a string, not 5."),
        ({"name": "t"}, "Table 't': 'schema' must be a dict with at least one column"),
        ({"name": "t", "schema": {}}, "Table 't': 'schema' must be a dict with at least one column"),
        ({"name": "t", "schema": ["a"]}, "Table 't': 'schema' must be a dict, not ['a']."),
        ({"name": "t", "schema": FIELD, "id": 5}, "Table 't': 'id' must be a string, not 5."),
        ({"name": "t", "schema": FIELD, "roles": {}}, "Table 't': unknown key 'roles'. Known: name, id, schema, role"),
        ({"name": "t", "schema": {"a": "string"}}, "Table 't', column 'a': expected a dict, not 'string'."),
        ({"name": "t", "schema": {"a": {"type": "text"}}}, "Table 't', column 'a': unknown type 'text'; use one of"),
        ({"name": "t", "schema": {"a": {}}}, "Table 't', column 'a': unknown type None"),
        ({"name": "t", "schema": {"a": {"type": "string", "lenght": 5}}}, "column 'a': unknown key 'lenght'"),
        ({"name": "t", "schema": {"a": {"type": "string", "size": "5"}}}, "column 'a': String: size must be a whole"),
        ({"name": "t", "schema": {"a": {"type": "integer", "min": 5, "max": 1}}}, "Integer: min=5 is above max=1"),
        ({"name": "t", "schema": {"a": {"type": []}}}, "column 'a': Enum: needs 1 to 100 elements, not 0"),
        ({"name": "t", "schema": {"a": {"type": "enum"}}}, "column 'a': Enum: needs 1 to 100 elements, not 0"),
        (
            {"name": "t", "schema": {"a": {"type": "string", "required": "false"}}},
            "column 'a': 'required' must be true or false, not 'false'.",
        ),
        ({"name": "t", "schema": FIELD, "role": "any"}, "Table 't': 'role' must be a dict, not 'any'."),
        ({"name": "t", "schema": FIELD, "role": {"read": None}}, "Table 't', role: 'read(\"None\")' names 'None'"),
        ({"name": "t", "schema": FIELD, "role": {"see": "any"}}, "Table 't', role: 'see(\"any\")' allows 'see'"),
        ({"name": "t", "schema": FIELD, "role": {"read": 'any") or ("'}}, "Table 't', role: "),
        ({"name": "t", "schema": FIELD, "indexes": {}}, "Table 't': 'indexes' must be a list, not {}."),
        ({"name": "t", "schema": FIELD, "indexes": ["a"]}, "Table 't', index None: expected a dict, not 'a'."),
        (
            {"name": "t", "schema": FIELD, "indexes": [{"key": "k", "type": "spatial", "attributes": ["a"]}]},
            "Table 't', index 'k': unknown type 'spatial'; use one of key, unique, fulltext.",
        ),
        (
            {"name": "t", "schema": FIELD, "indexes": [{"key": "k", "attributes": "a"}]},
            "Table 't', index 'k': 'attributes' must be a list, not 'a'.",
        ),
        (
            {"name": "t", "schema": FIELD, "indexes": [{"key": "k", "attributes": ["a"], "orders": ["UP"]}]},
            "Table 't', index 'k': 'orders' must have ASC or DESC for each attribute.",
        ),
        (
            {"name": "t", "schema": FIELD, "indexes": [{"key": "k", "attributes": ["a"], "orders": ["ASC", "ASC"]}]},
            "Table 't', index 'k': 'orders' must have ASC or DESC for each attribute.",
        ),
        (
            {"name": "t", "schema": FIELD, "indexes": [{"key": "k", "attributes": []}]},
            "Table 't', index 'k': Index: expected names of columns",
        ),
    ],
)
def test_errors_name_the_invalid_entry(definition: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        register(definition)
    assert message in str(caught.value)


@pytest.mark.parametrize("key", ["id", "pk", "save", "objects", "permissions", "created_at", "_x", "x_", "a__b", 5])
def test_a_reserved_column_name_is_refused_with_an_alternative(key: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        register({"name": "t", "schema": {key: {"type": "string"}}})
    assert f"Table 't', column {key!r}: " in str(caught.value)
    assert "Declare the table as a class" in str(caught.value)


@pytest.mark.parametrize("thing", [5, "users", [json.loads(USERS)], object, Table(), columns])
def test_only_a_class_or_a_definition_can_be_registered(thing: Any) -> None:
    with pytest.raises(ConfigurationError, match="takes a table class or a dict with a table definition"):
        register(thing)
