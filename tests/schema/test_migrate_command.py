"""The options of `manage.py migrate_appwrite`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from django_appwrite_orm import Index, columns
from django_appwrite_orm.registry import registry
from tests.support.migrations import LATE, ask, columns_of, table, unfinished


@pytest.fixture
def declare() -> Iterator[object]:
    """Makes given tables the only registered ones."""
    before = registry.all()
    for known in before:
        registry.discard(known)

    def only(*tables: object) -> None:
        for known in registry.all():
            registry.discard(known)
        for one in tables:
            registry.add(one)

    yield only
    only(*before)


def output(capsys: pytest.CaptureFixture[str], *arguments: str, **options: object) -> str:
    call_command("migrate_appwrite", *arguments, **options)
    return capsys.readouterr().out


def test_plan_shows_and_changes_nothing(declare, capsys) -> None:
    declare(table(a=columns.Boolean()))
    assert output(capsys, "--plan") == (
        "Create the database\nCreate table things with 1 column and 0 indexes\n  column a (boolean)\n"
    )
    output(capsys)
    assert output(capsys, "--plan") == "Nothing to do.\n"
    declare(table(a=columns.Integer(), b=columns.Boolean()))
    with pytest.raises(CommandError) as raised:
        output(capsys, "--plan", no_color=True)
    assert raised.value.returncode == 1
    shown = capsys.readouterr().out
    assert "Add column things.b (boolean)" in shown
    assert "Cannot be migrated: column things.a is boolean on the server" in shown
    assert set(columns_of()) == {"a"}


def test_plan_lists_the_columns_and_indexes_of_a_new_table(declare, capsys) -> None:
    amount = columns.Decimal(max_digits=8, decimal_places=2)
    declare(table(a=columns.String(size=9, required=True), b=amount, meta={"indexes": [Index("a")]}))
    assert output(capsys, "--plan").splitlines()[1:] == [
        "Create table things with 1 column and 1 index",
        "  column a (string(9), required)",
        "  index a_key (key on a)",
        "Add column things.b (decimal(8, 2))",
    ]


def test_an_undeclared_required_column_is_a_warning(declare, capsys) -> None:
    declare(table(a=columns.Boolean(), b=columns.Boolean(required=True), c=columns.Boolean()))
    output(capsys)
    declare(table(a=columns.Boolean()))
    warning = "Warning: column things.b (boolean, required) is required and not declared, so Appwrite refuses"
    for arguments in (["--plan"], ["--check"], []):
        shown = output(capsys, *arguments)
        assert shown.count("Warning: ") == shown.count(warning) == 1
    declare(table(a=columns.Boolean(), b=columns.Boolean()))
    output(capsys)
    declare(table(a=columns.Boolean()))
    assert "Warning" not in output(capsys)


def test_check_exits_with_1_on_drift_only(declare, capsys) -> None:
    declare(table(a=columns.Boolean()))
    with pytest.raises(CommandError) as raised:
        output(capsys, "--check")
    assert raised.value.returncode == 1
    output(capsys)
    assert output(capsys, "--check") == "Nothing to do.\n"


def test_prune_needs_the_flag_and_on_a_terminal_a_confirmation(declare, capsys) -> None:
    declare(table(a=columns.Boolean(), b=columns.Boolean()))
    output(capsys)
    declare(table(a=columns.Boolean()))
    with pytest.raises(CommandError, match="--allow-destructive"):
        output(capsys, "--prune")
    with (
        mock.patch.object(sys, "stdin", mock.Mock(isatty=lambda: True)),
        mock.patch("builtins.input", return_value="no") as asked,
        pytest.raises(CommandError, match="Nothing was changed"),
    ):
        output(capsys, "--prune", "--allow-destructive")
    assert asked.call_count == 1
    assert "drop column things.b (boolean)" in capsys.readouterr().out
    assert "Drop column things.b" in output(capsys, "--prune", "--allow-destructive", "--noinput")
    assert set(columns_of()) == {"a"}


def test_no_wait_ends_instead_of_waiting(declare, capsys) -> None:
    declare(table(**LATE))
    with unfinished(1000):
        assert "Left to do: column things.b is processing. Run the migration again" in output(capsys, "--no-wait")
    assert output(capsys) == "Nothing to do.\n"


def test_timeout_is_in_seconds(declare, capsys) -> None:
    declare(table(**LATE))
    with unfinished(1000), pytest.raises(CommandError, match=r"Not finished within 0\.1 seconds"):
        output(capsys, "--timeout", "0.1")


def test_without_tables_it_reports_that_and_sends_no_request(declare, capsys) -> None:
    declare()
    assert output(capsys) == "No tables are declared for this connection.\n"
    with pytest.raises(Exception, match="database_not_found"):
        ask("GET", "/tables")


def test_a_database_gets_the_tables_that_name_it_or_none(declare, capsys) -> None:
    aliases = {alias: {"ENDPOINT": "local::memory:", "DATABASE_ID": alias} for alias in ("default", "other")}
    with override_settings(APPWRITE_ORM=aliases):
        declare(
            table("anywhere", a=columns.Boolean()),
            table("there", {"using": "other"}, a=columns.Boolean()),
            table("here", {"using": "default"}, a=columns.Boolean()),
        )
        made = output(capsys), output(capsys, "--database", "other")
    assert [sorted(re.findall("table (\\w+)", lines)) for lines in made] == [
        ["anywhere", "here"],
        ["anywhere", "there"],
    ]
