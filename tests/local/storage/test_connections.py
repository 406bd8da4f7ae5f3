"""Connections: transactions, locks, timeouts."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from django_appwrite_orm.local import LocalAppwrite
from django_appwrite_orm.local.storage import pool
from django_appwrite_orm.local.storage.pool import ConnectionPool
from tests.support.local_client import Client


def test_an_exception_rolls_back(tmp_path: Path) -> None:
    pool = ConnectionPool(tmp_path / "a.sqlite3")
    with pool.transaction(writing=True) as connection:
        connection.execute("CREATE TABLE x (n)")
    with pytest.raises(sqlite3.OperationalError), pool.transaction(writing=True) as connection:
        connection.executemany("INSERT INTO x VALUES (json(?))", [("1",), ("not json",)])
    with pool.transaction(writing=False) as connection:
        assert connection.execute("SELECT count(*) FROM x").fetchone() == (0,)
    pool.close()


def test_a_connection_is_reused(tmp_path: Path) -> None:
    pool = ConnectionPool(tmp_path / "a.sqlite3")
    with pool.transaction(writing=False) as first:
        pass
    with pool.transaction(writing=True) as second:
        assert second is first
    pool.close()


def test_readers_do_not_wait_for_a_writer(tmp_path: Path) -> None:
    app = LocalAppwrite(tmp_path / "a.sqlite3")
    client = Client(app)
    client("POST ", {"databaseId": "d", "name": "d"})
    with app.store.session(writing=True) as session:
        session.run("UPDATE databases SET name = 'changed'")
        found: list[str] = []
        reader = threading.Thread(target=lambda: found.append(client("GET /d")["name"]))
        reader.start()
        reader.join(timeout=20)
        assert found == ["d"]
    assert client("GET /d")["name"] == "changed"
    app.close()


def test_a_write_that_waits_too_long_gets_a_time_out_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "LOCK_TIMEOUT", 0.2)
    app = LocalAppwrite(tmp_path / "a.sqlite3")
    other = sqlite3.connect(tmp_path / "a.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert Client(app).refusal("POST ", {"databaseId": "d", "name": "d"}) == (408, "database_timeout")
    assert Client(app)("GET ")["total"] == 0
    other.execute("ROLLBACK")
    other.close()
    Client(app)("POST ", {"databaseId": "d", "name": "d"})
    app.close()


def test_a_file_of_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    LocalAppwrite(path).close()
    with sqlite3.connect(path) as file:
        file.execute("UPDATE settings SET value = 99 WHERE name = 'format'")
    file.close()
    with pytest.raises(RuntimeError, match="format 99"):
        LocalAppwrite(path)
