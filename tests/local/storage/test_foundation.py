"""Files of a local Appwrite: its own, new, older, or another program's."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from django_appwrite_orm.exceptions import ConfigurationError
from django_appwrite_orm.local import ForeignFile, LocalAppwrite
from django_appwrite_orm.transport import open_local
from tests.support.local_client import Client

ROOT = Path(__file__).parents[3]


def _run(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


FOREIGN = {
    "tables": ["CREATE TABLE auth_user (id INTEGER)"],
    "one of our names": ["CREATE TABLE settings (name TEXT)"],
    "a view": ["CREATE VIEW v AS SELECT 1"],
    "an id": ["PRAGMA application_id = 7"],
    "a version": ["PRAGMA user_version = 7"],
}


@pytest.mark.parametrize("statements", FOREIGN.values(), ids=FOREIGN)
def test_a_file_of_another_program_is_refused_and_not_touched(tmp_path: Path, statements: list[str]) -> None:
    path = tmp_path / "db.sqlite3"
    _run(path, *statements)
    before = path.read_bytes()
    with pytest.raises(ForeignFile, match=r"db\.sqlite3 belongs to another program"):
        LocalAppwrite(path)
    with pytest.raises(ConfigurationError, match="Name another file"):
        open_local(str(path))
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["db.sqlite3"]


def test_a_file_that_is_not_sqlite_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Not a database, but a text that is longer than its header.\n" * 20)
    with pytest.raises(ForeignFile, match="is not an SQLite file"):
        LocalAppwrite(path)


def test_the_command_reports_a_foreign_file(tmp_path: Path) -> None:
    path = tmp_path / "db.sqlite3"
    _run(path, *FOREIGN["tables"])
    command = [sys.executable, "-m", "django_appwrite_orm.local", "--port", "0", "--database", str(path)]
    refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 1
    assert "belongs to another program" in refused.stdout
    assert "Traceback" not in refused.stdout + refused.stderr


def test_an_empty_file_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "db.sqlite3"
    path.touch()
    LocalAppwrite(path).close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA application_id").fetchone()[0].to_bytes(4) == b"Aprw"


def test_a_file_of_an_older_version_opens(tmp_path: Path) -> None:
    """Older files have no application id."""
    path = tmp_path / "db.sqlite3"
    app = LocalAppwrite(path)
    Client(app).table([])
    app.close()
    _run(path, "PRAGMA application_id = 0")
    app = LocalAppwrite(path)
    assert Client(app)("GET ")["total"] == 1
    app.close()


def test_a_file_of_a_later_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "db.sqlite3"
    LocalAppwrite(path).close()
    _run(path, "UPDATE settings SET value = 99 WHERE name = 'format'")
    with pytest.raises(ForeignFile, match="format 99"):
        LocalAppwrite(path)
