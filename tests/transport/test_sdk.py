"""The SDK's services over our transport, and that nobody else pays for the SDK."""

from __future__ import annotations

import subprocess
import sys

import pytest
from appwrite.exception import AppwriteException
from appwrite.input_file import InputFile
from appwrite.services.storage import Storage
from appwrite.services.tables_db import TablesDB
from appwrite.services.users import Users

from django_appwrite_orm import Query
from django_appwrite_orm.conf.connection_settings import ConnectionSettings
from django_appwrite_orm.connection import Connection, connections
from django_appwrite_orm.exceptions import NotFound
from tests.support.faulty_servers import FaultyServer, answer, faulty, refusal, reset
from tests.support.library.tables import Book


def connection_to(server: FaultyServer) -> Connection:
    connection = Connection(
        ConnectionSettings(alias="x", endpoint=server.endpoint, project_id="p", database_id="d", api_key="k")
    )
    server._clients.append(connection.client)
    return connection


def test_a_service_of_the_sdk_reads_and_writes(library) -> None:
    tables = TablesDB(connections["default"].sdk_client())
    row = tables.create_row("library", "books", "b1", {"title": "Dune", "price": 9.5})
    assert row.id == "b1"
    found = tables.list_rows("library", "books", queries=[Query.equal("title", ["Dune"]), Query.limit(1)])
    assert (found.total, found.rows[0].data["price"]) == (1, 9.5)
    assert Book.objects.get(pk="b1").title == "Dune"
    tables.delete_row("library", "books", "b1")
    with pytest.raises(AppwriteException) as caught:
        tables.get_row("library", "books", "b1")
    assert (caught.value.code, caught.value.type) == (404, "row_not_found")
    assert isinstance(caught.value.__cause__, NotFound)


def test_its_reads_are_repeated_and_its_writes_are_not() -> None:
    version = answer(200, {"version": "1.9.6"})
    with faulty(reset, version, reset, version) as server:
        client = connection_to(server).sdk_client()
        assert client.call("get", "/health/version")["version"] == "1.9.6"
        with pytest.raises(AppwriteException):
            client.call("post", "/users", {"content-type": "application/json"}, {"userId": "u"})
    assert [received.method for received in server.received] == ["GET", "GET", "POST"]


def test_what_it_sends() -> None:
    with faulty(answer(200, {})) as server:
        client = connection_to(server).sdk_client()
        client.call("get", "/storage/buckets", params={"queries": ['{"method":"limit"}'], "total": False})
        client.call("post", "/x", {"content-type": "application/json"}, {"a": ["b"], "none": None})
        client.set_session("s")
        client.call("get", "/account")
    listed, posted, other = server.received
    assert listed.target == "/v1/storage/buckets?queries%5B0%5D=%7B%22method%22%3A%22limit%22%7D&total=false"
    assert (posted.body, posted.headers["content-type"]) == (b'{"a": ["b"], "none": null}', "application/json")
    expected = {"x-appwrite-key": "k", "x-appwrite-project": "p", "x-appwrite-response-format": "1.9.0"}
    assert expected.items() <= listed.headers.items()
    assert "x-appwrite-key" not in other.headers
    assert other.headers["x-appwrite-session"] == "s"


def test_files_go_up_and_come_down() -> None:
    with faulty(answer(201, {"$id": "f"}), answer(200, "\x00raw", type="application/octet-stream")) as server:
        client = connection_to(server).sdk_client()
        client.chunked_upload(
            "/storage/buckets/b/files",
            {"content-type": "multipart/form-data"},
            {"fileId": "f", "file": InputFile.from_bytes(b"hello", "a.txt"), "permissions": ["read"]},
            param_name="file",
        )
        assert Storage(client).get_file_download("b", "f") == b"\x00raw"
    body = server.received[0].body
    assert b'name="file"; filename="a.txt"' in body
    assert b"hello" in body
    assert b'name="permissions[0]"\r\n\r\nread' in body


def test_an_error_keeps_its_type() -> None:
    with faulty(refusal(401, "general_unauthorized_scope")) as server, pytest.raises(AppwriteException) as caught:
        Users(connection_to(server).sdk_client()).list()
    assert (caught.value.code, caught.value.type) == (401, "general_unauthorized_scope")


@pytest.mark.parametrize("setter", ["set_endpoint", "set_project", "set_self_signed"])
def test_what_belongs_to_the_connection_stays(setter: str) -> None:
    with pytest.raises(TypeError):
        getattr(connections["default"].sdk_client(), setter)("https://elsewhere.example/v1")


def test_nobody_else_pays_for_the_sdk() -> None:
    """Its client, services and models stay out of a site that does not ask for them."""
    code = (
        "import sys, django; django.setup();"
        "from django_appwrite_orm import ID, Operator, Permission, Query, Role, Table, columns, orm;"
        "from django_appwrite_orm.connection import connections; connections['default'];"
        "print([m for m in sys.modules if m.startswith(('appwrite.client', 'appwrite.services', 'appwrite.models',"
        " 'pydantic', 'requests', 'websockets', 'redis'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
