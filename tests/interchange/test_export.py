"""Declarations exported to other formats; the SQL is executed."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from django_appwrite_orm import Index, Permission, Role, UniqueIndex, columns
from django_appwrite_orm.exceptions import SchemaError
from django_appwrite_orm.interchange.appwrite_config import tables_of
from django_appwrite_orm.interchange.exporters import firebase, sql, text
from django_appwrite_orm.schema import declared_table
from django_appwrite_orm.schema.state import TableState
from tests.support.library.tables import Book, Everything, Reader
from tests.support.migrations import table

HOSTILE = table(
    meta={"id": "odd-id", "name": "x'; DROP TABLE y; --\nDROP", "indexes": [Index("b", "-a"), Index("a", lengths=[3])]},
    a=columns.String(size=20, db_default="it's"),
    b=columns.Enum(["o'k", "'); --"], column="a-b"),
    c=columns.Integer(min=-5, max=5, db_default=3),
    d=columns.Float(max=0.5, required=True),
    e=columns.Boolean(db_default=True),
    f=columns.Datetime(db_default="2026-01-02T03:04:05Z"),
)
LONG = table(
    "t" * 36, {"indexes": [UniqueIndex("k", key="k" * 36), Index("k", key="k" * 35 + "j")]}, k=columns.Integer()
)
TABLES = [declared_table(one).state for one in (Book, Reader, Everything, HOSTILE, LONG)]
STAMPS = "'2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', ''"
GOOD = [
    f"""INSERT INTO "odd-id" VALUES ('1', {STAMPS}, 'a', 'o''k', 5, 0.5, TRUE, '2026-01-01T00:00:00Z')""",
    f"""INSERT INTO "odd-id" ("$id", "$createdAt", "$updatedAt", "$permissions", d) VALUES ('2', {STAMPS}, -1)""",
]
BAD = {
    "too long": f"""INSERT INTO "odd-id" VALUES ('3', {STAMPS}, '{"a" * 21}', NULL, 5, 0.5, TRUE, NULL)""",
    "no element": f"""INSERT INTO "odd-id" VALUES ('3', {STAMPS}, 'a', 'x', 5, 0.5, TRUE, NULL)""",
    "too large": f"""INSERT INTO "odd-id" VALUES ('3', {STAMPS}, 'a', NULL, 6, 0.5, TRUE, NULL)""",
    "required": f"""INSERT INTO "odd-id" VALUES ('3', {STAMPS}, 'a', NULL, 5, NULL, TRUE, NULL)""",
    "same id": f"""INSERT INTO "odd-id" VALUES ('1', {STAMPS}, 'a', NULL, 5, 0.5, TRUE, NULL)""",
    "not unique": "INSERT INTO books VALUES " + ", ".join(
        f"""('{n}', {STAMPS}, 'Dune', 1, NULL, NULL, NULL, FALSE, NULL)""" for n in "12"
    ),
}  # fmt: skip


def test_sqlite_runs_it_and_checks_what_appwrite_checks() -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(sql(TABLES))
        for statement in GOOD:
            database.execute(statement)
        assert database.execute('SELECT a, c, e, f FROM "odd-id" ORDER BY "$id"').fetchall()[1] == (
            "it's", 3, 1, "2026-01-02T03:04:05.000+00:00",
        )  # fmt: skip
        for statement in BAD.values():
            with pytest.raises(sqlite3.IntegrityError):
                database.execute(statement)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Any]:
    """Runs a script on a fresh PostgreSQL; the result of psql."""
    if not all(map(shutil.which, ("initdb", "pg_ctl", "psql"))):
        pytest.skip("There is no PostgreSQL here: its programs are not on the PATH.")
    user = "nobody" if os.geteuid() == 0 else None  # it refuses to be run by root

    def call(*command: Any, script: str | None = None) -> subprocess.CompletedProcess[str]:
        with (folder / "out").open("w+") as out:  # a pipe would stay open as long as the server runs
            done = subprocess.run(command, input=script, stdout=out, stderr=out, text=True, user=user, cwd=folder)
            out.seek(0)
            return subprocess.CompletedProcess(command, done.returncode, out.read())

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if user:
            shutil.chown(folder, user)
        data = folder / "data"
        made = call("initdb", "-A", "trust", "-U", "test", data)
        if made.returncode:
            pytest.skip(f"PostgreSQL cannot be set up here: {made.stdout}")
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}'"
        started = call("pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start")
        assert started.returncode == 0, started.stdout
        psql = ("psql", "-h", folder, "-U", "test", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-At")
        try:
            yield lambda script: call(*psql, script=script)
        finally:
            call("pg_ctl", "-D", data, "-m", "immediate", "stop")


def test_postgresql_runs_it_and_checks_what_appwrite_checks(postgres: Any) -> None:
    made = postgres(sql(TABLES))
    assert made.returncode == 0, made.stdout
    for statement in GOOD:
        assert postgres(statement).returncode == 0
    assert postgres('SELECT a, c, e FROM "odd-id" ORDER BY "$id"').stdout.splitlines()[1] == "it's|3|t"
    for name, statement in BAD.items():
        assert postgres(statement).returncode != 0, name


def test_index_names_are_unique_and_short_enough() -> None:
    lines = [line for line in sql([declared_table(LONG).state]).splitlines() if "INDEX" in line]
    names = {line.split(" ON ")[0].split()[-1] for line in lines}
    assert len(names) == 2
    assert max(map(len, names)) == 63 + 2


def rules(**options: Any) -> Any:
    one = table("t", options.pop("meta", None), **options)
    return json.loads(firebase([declared_table(one).state]))["rules"]["t"]


class TestFirebase:
    def test_roles_become_conditions(self) -> None:
        found = rules(
            a=columns.Boolean(),
            meta={
                "permissions": [
                    Permission.read(Role.any()),
                    Permission.read(Role.users()),
                    Permission.create(Role.users("verified")),
                    Permission.update(Role.user("x")),
                    Permission.update(Role.team("t")),
                ]
            },
        )
        assert found[".read"] == "true"
        assert found["$row"][".write"] == (
            "(!data.exists() && ((auth != null && auth.token.email_verified == true))) || "
            "(data.exists() && newData.exists() && (auth.token.teams['t'] == true || auth.uid == 'x'))"
        )

    @pytest.mark.parametrize(
        ("role", "condition"),
        [
            (Role.any(), "true"),
            (Role.guests(), "auth == null"),
            (Role.users(), "auth != null"),
            (Role.users("verified"), "(auth != null && auth.token.email_verified == true)"),
            (Role.users("unverified"), "(auth != null && auth.token.email_verified != true)"),
            (Role.user("ada"), "auth.uid == 'ada'"),
            (Role.user("ada", "verified"), "(auth.uid == 'ada' && auth.token.email_verified == true)"),
            (Role.team("admins"), "auth.token.teams['admins'] == true"),
            (Role.team("admins", "owner"), "auth.token.teams['admins/owner'] == true"),
            (Role.member("m1"), "auth.token.members['m1'] == true"),
            (Role.label("vip"), "auth.token.labels['vip'] == true"),
        ],
    )
    def test_no_role_becomes_a_wider_one(self, role: str, condition: str) -> None:
        assert rules(a=columns.Boolean(), meta={"permissions": [Permission.read(role)]})[".read"] == condition

    @pytest.mark.parametrize(
        "role", ["user:ada/owner", "users/x", "any/verified", "label:vip/x", "robots", "team:", ""]
    )
    def test_a_role_without_a_rule_is_refused(self, role: str) -> None:
        state = replace(declared_table(table(a=columns.Boolean())).state, permissions=frozenset({f'read("{role}")'}))
        with pytest.raises(SchemaError, match="for which Firebase has no rule"):
            firebase([state])

    def test_a_disabled_table_grants_nothing(self) -> None:
        found = rules(a=columns.Boolean(), meta={"enabled": False, "permissions": [Permission.write(Role.any())]})
        assert (found[".read"], found["$row"][".write"]) == ("false", "false")

    def test_a_verb_without_permission_is_denied(self) -> None:
        found = rules(a=columns.Boolean())
        assert (found[".read"], found["$row"][".write"]) == ("false", "false")
        all_users = rules(a=columns.Boolean(), meta={"permissions": [Permission.write(Role.users())]})
        assert all_users["$row"][".write"] == "auth != null"

    def test_columns_become_validations(self) -> None:
        row = rules(
            a=columns.String(size=5, required=True),
            b=columns.Integer(min=1, max=3),
            c=columns.Enum(["it's", "/"]),
            d=columns.Float(array=True),
        )["$row"]
        assert row[".validate"] == "newData.hasChildren(['a'])"
        assert row["a"] == {".validate": "newData.isString() && newData.val().length <= 5"}
        assert row["b"][".validate"].endswith("newData.val() % 1 == 0 && newData.val() >= 1 && newData.val() <= 3")
        assert row["c"][".validate"] == ("newData.isString() && (newData.val() == 'it\\'s' || newData.val() == '/')")
        assert row["d"] == {".validate": "newData.hasChildren()"}


def test_text_contains_all_parts_of_a_table() -> None:
    shown = text([declared_table(Book).state])
    assert (
        shown
        == """\
books
-----
Columns:
  title (string(100), required)
  price (float, required, 0 to 1.7976931348623157e+308)
  pages (integer, 0 to 9223372036854775807)
  genre (enum, one of novel, science, poetry)
  tags (string(20), array)
  lent (boolean, default False)
  added (datetime)
Indexes:
  genre_price_key (key on genre, -price)
  title_unique (unique on title)
  search (fulltext on title)
Permissions:
  read("any")
"""
    )


@pytest.mark.parametrize("format", ["sql", "firebase", "text", "json"])
def test_the_command_prints_each_format(format: str, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("export_appwrite", "books", "library.Reader", format=format)
    shown = capsys.readouterr().out
    assert "books" in shown
    assert "library_reader" in shown
    assert "library_everything" not in shown
    if format == "json":
        states: list[TableState] = [declared_table(one).state for one in (Book, Reader)]
        assert tables_of(shown, "library") == states


def test_the_command_names_an_unknown_label() -> None:
    with pytest.raises(CommandError, match="no table 'nothing'"):
        call_command("export_appwrite", "nothing", format="text")
