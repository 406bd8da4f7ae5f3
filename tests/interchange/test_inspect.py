"""Classes made from a schema that is there: migrated, they give no difference."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import override_settings

from django_appwrite_orm import Table, columns
from django_appwrite_orm.exceptions import SchemaError
from django_appwrite_orm.interchange.appwrite_config import config_of, tables_of
from django_appwrite_orm.interchange.codegen import source
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import declared_table, plan
from django_appwrite_orm.tables import Row
from tests.support.generated_tables import classes_of
from tests.support.library.tables import Book, Everything, Reader
from tests.support.migrations import ask, migrated, table


def inspected(capsys: pytest.CaptureFixture[str], *arguments: str, **options: Any) -> list[type[Table]]:
    call_command("inspect_appwrite", *arguments, **options)
    return classes_of(capsys.readouterr().out)


def test_the_printed_classes_migrate_to_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    migrated(Book, Reader, Everything)
    found = inspected(capsys)
    assert {one.__name__ for one in found} == {"Books", "LibraryReader", "LibraryEverything"}
    assert migrated(*found) == []


def test_it_prints_the_shortest_declarations(capsys: pytest.CaptureFixture[str]) -> None:
    migrated(Book)
    call_command("inspect_appwrite", "books")
    assert capsys.readouterr().out.startswith("""\
from django_appwrite_orm import FulltextIndex, Index, Table, UniqueIndex, columns


class Books(Table):
    title = columns.String(size=100, required=True)
    price = columns.Float(min=0, required=True)
""")


def test_odd_names_are_handled_with_column(capsys: pytest.CaptureFixture[str]) -> None:
    keys = [
        "columns",
        "class",
        "id",
        "save",
        "1st",
        "a-b",
        "a.b",
        "a_b",
        "x__y",
        "end_",
        "objects",
        "Meta",
        "permissions",
        "def",
    ]
    migrated(Reader)
    columns_given = [{"key": key, "type": "boolean"} for key in keys]
    ask("POST", "/tables", {"tableId": "1-odd.name", "name": "A 'quoted'\n\"name\"", "columns": columns_given})
    (found,) = inspected(capsys, "1-odd.name")
    assert found.__name__ == "Table1OddName"
    assert sorted(column.key for column in found._meta.columns.values()) == sorted(keys)
    assert not set(found._meta.columns) & {*dir(Row), *dir(Table)}
    assert all("__" not in name and not name.endswith("_") for name in found._meta.columns)
    assert migrated(found) == []
    row = found.objects.create(**dict.fromkeys(found._meta.columns, True))
    assert found.objects.get(pk=row.id).to_appwrite()["x__y"] is True


def test_what_no_class_can_declare_is_a_comment_and_kept(capsys: pytest.CaptureFixture[str]) -> None:
    migrated(table(a=columns.Boolean()))
    ask("POST", "/tables/things/columns/string", {"key": "secret", "size": 200, "required": False, "encrypt": True})
    migrated(table("others", a=columns.Boolean()))
    body = {"relatedTableId": "others", "type": "manyToOne", "key": "parent", "onDelete": "restrict"}
    ask("POST", "/tables/things/columns/relationship", body)
    call_command("inspect_appwrite", "things")
    text = capsys.readouterr().out
    assert "    secret = columns.String(size=200, encrypt=True)" in text
    assert "# 'parent' is not declared: it is a relationship to others, which is not among these tables." in text
    (found,) = classes_of(text)
    assert all(line.startswith("Not declared, left alone") for line in migrated(found))


def test_numbers_without_a_range_are_declared_with_the_one_they_have(capsys: pytest.CaptureFixture[str]) -> None:
    migrated(Reader)
    given = [{"key": kind, "type": kind} for kind in ("integer", "bigint", "double")]
    ask("POST", "/tables", {"tableId": "n", "name": "n", "columns": given})
    (found,) = inspected(capsys, "n")
    assert (found.integer.min, found.integer.max) == (-(2**31), 2**31 - 1)
    assert migrated(found) == []


def test_options_other_connections_and_clashing_names_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    migrated(Reader)
    point = {"key": "at", "type": "point", "required": True}
    flags = [{"key": key, "type": "boolean"} for key in ("a-b", "a.b")]
    ask("POST", "/tables", {
        "tableId": "class", "name": "C", "rowSecurity": True, "enabled": False, "columns": [point, *flags],
        "indexes": [{"key": "where", "type": "spatial", "attributes": ["at"]}],
    })  # fmt: skip
    ask("POST", "/tables", {"tableId": "Class-", "name": "D"})
    aliases = {"default": settings.APPWRITE_ORM["default"], "other": settings.APPWRITE_ORM["default"]}
    with override_settings(APPWRITE_ORM=aliases):
        call_command("inspect_appwrite", "class", "Class-", database="other")
        text = capsys.readouterr().out
        first, second = classes_of(text)
        assert run_sync(plan([first, second], "other")).is_empty
    assert (first.__name__, second.__name__) == ("Class", "Class2")
    assert list(first._meta.columns) == ["at", "a_b", "a_b2"]
    assert (first._meta.using, first._meta.row_security, first._meta.enabled) == ("other", True, False)
    assert "SpatialIndex('at', key='where')," in text


def test_unknown_tables_and_databases_are_readable_errors() -> None:
    with pytest.raises(CommandError, match="There is no database 'library'"):
        call_command("inspect_appwrite")
    migrated(Book)
    with pytest.raises(CommandError, match=r"There is no table 'other'\. Tables: books\."):
        call_command("inspect_appwrite", "other")


class TestTheClisConfig:
    def test_exported_and_read_again_it_is_the_same(self) -> None:
        states = [declared_table(one).state for one in (Book, Reader, Everything)]
        text = json.dumps(config_of(states, "library", "shop", "https://example.org/v1"))
        assert tables_of(text, "library") == states

    def test_a_file_of_another_database_names_it(self) -> None:
        text = json.dumps({"tables": [{"$id": "t", "name": "t", "databaseId": "6949af24"}]})
        with pytest.raises(SchemaError, match=r"of database 'library'.*It has tables of: '6949af24'\. Set DATABASE_ID"):
            tables_of(text, "library")
        assert tables_of('{"tables": []}', "library") == []

    def test_the_file_of_an_older_cli_is_read(self) -> None:
        states = [declared_table(one).state for one in (Book, Everything)]
        text = json.dumps(config_of(states, "library", "shop", "local:x"))
        for word, former in {
            "tables": "collections", "columns": "attributes", "rowSecurity": "documentSecurity",
            "relatedTable": "relatedCollection",
        }.items():  # fmt: skip
            text = text.replace(f'"{word}": ', f'"{former}": ')
        assert tables_of(text, "library") == states

    @pytest.mark.parametrize(
        ("described", "reason"),
        [
            ({"type": "relationship", "relationType": "oneToOne"}, "its relatedTable is missing"),
            ({"type": "relationship", "relatedTable": "t"}, "its relationType is missing"),
            ({"type": "string"}, "its size is None"),
            ({"type": "string", "size": "10"}, "its size is '10'"),
            ({"type": "integer", "min": "x"}, "its min is 'x'"),
            ({"type": "enum", "elements": [1]}, "its elements have 1 among them"),
            ({"type": "float", "default": {}}, "its default is {}"),
            ({}, "its type is missing"),
        ],
    )
    def test_an_invalid_column_is_left_out_with_the_reason(
        self, described: dict[str, Any], reason: str, tmp_path: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        given = [{"key": "bad", **described}, {"key": "good", "type": "boolean"}]
        file = tmp_path / "appwrite.config.json"
        file.write_text(json.dumps({"tables": [{"$id": "t", "name": "t", "columns": given}]}))
        call_command("inspect_appwrite", config=str(file))
        text = capsys.readouterr().out
        assert f"# 'bad' is not declared: {reason}" in text
        (found,) = classes_of(text)
        assert list(found._meta.columns) == ["good"]

    def test_bounds_that_javascript_rounded_are_those_of_the_kind(self, capsys: Any, tmp_path: Any) -> None:
        given = [
            {"key": kind, "type": kind, "min": -9223372036854776000, "max": 9223372036854776000}
            for kind in ("integer", "bigint")
        ]
        file = tmp_path / "appwrite.config.json"
        file.write_text(json.dumps({"tables": [{"$id": "t", "name": "t", "columns": given}]}))
        call_command("inspect_appwrite", config=str(file))
        assert "integer = columns.Integer()\n    bigint = columns.BigInt()\n" in capsys.readouterr().out

    def test_the_config_is_printed_as_classes(self, tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
        states = [declared_table(one).state for one in (Book, Everything)]
        file = tmp_path / "appwrite.config.json"
        file.write_text(json.dumps(config_of(states, "library", "shop", "local:x")))
        found = inspected(capsys, config=str(file))
        assert [declared_table(one).state for one in found] == states

    def test_older_terms_for_index_columns_are_read(self) -> None:
        described = {"$id": "t", "name": "t", "columns": [{"key": "a", "type": "boolean"}]}
        described["indexes"] = [{"key": "i", "type": "key", "attributes": ["a"], "orders": ["desc"]}]
        (found,) = tables_of(json.dumps({"tables": [described]}), "library")
        assert str(found.indexes["i"]) == "i (key on -a)"

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"tables": [{}]}', '{"tables": [{"$id": "t"}]}', "{"])
    def test_another_file_is_a_readable_error(self, text: str, tmp_path: Any) -> None:
        file = tmp_path / "appwrite.config.json"
        file.write_text(text)
        with pytest.raises(CommandError, match=r"not the CLI's appwrite\.config\.json"):
            call_command("inspect_appwrite", config=str(file))


def test_texts_of_a_server_cannot_break_out_of_the_source() -> None:
    hostile = table(
        meta={"name": "x\"\n    import os\n'", "id": "t", "permissions": ['read("user:\'\n")']},
        a=columns.Enum(["'", '"\n', "\\"], db_default="'"),
    )
    text = source([declared_table(hostile).state], Table)
    assert [line for line in text.splitlines() if "import" in line and not line.strip().startswith("name = ")] == [
        "from django_appwrite_orm import Table, columns"
    ]
    (found,) = classes_of(text)
    assert declared_table(found).state == declared_table(hostile).state
