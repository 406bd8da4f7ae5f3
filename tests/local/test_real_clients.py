"""Clients of others over HTTP: the official Python SDK, and appwrite-orm on node-appwrite."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from appwrite.client import Client as SdkClient
from appwrite.exception import AppwriteException
from appwrite.permission import Permission
from appwrite.query import Query
from appwrite.role import Role

from django_appwrite_orm.local import LocalAppwrite
from django_appwrite_orm.local.http.server import LocalServer

CLIENTS = Path(__file__).parent / "clients"
MODULES = Path(__file__).parents[2] / ".cache" / "node"
PACKAGES = "appwrite-orm@0.6.0", "node-appwrite@27.1.0"


@pytest.fixture
def endpoint(app: LocalAppwrite) -> Iterator[str]:
    with LocalServer(app, port=0) as server:
        yield server.endpoint


@pytest.fixture
def sdk(endpoint: str) -> SdkClient:
    return SdkClient().set_endpoint(endpoint).set_project("local").set_key("local")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_the_python_sdk_works(sdk: SdkClient) -> None:
    from appwrite.enums.tables_db_index_type import TablesDBIndexType
    from appwrite.services.tables_db import TablesDB

    tables = TablesDB(sdk)
    assert tables.create("shop", "Shop").id == "shop"
    tables.create_table("shop", "products", "Products", permissions=[Permission.read(Role.any())])
    tables.create_varchar_column("shop", "products", "name", 40, True)
    tables.create_float_column("shop", "products", "price", False, min=0)
    tables.create_enum_column("shop", "products", "kind", ["book", "disc"], False, default="book")
    tables.create_datetime_column("shop", "products", "added", False)
    tables.create_integer_column("shop", "products", "stock", False)
    tables.create_index("shop", "products", "by_name", TablesDBIndexType.UNIQUE, ["name"])
    assert tables.get_column("shop", "products", "price").status.value == "available"
    row = tables.create_row("shop", "products", "p1", {"name": "Émile", "price": 9.5, "stock": 1})
    assert (row.id, row.data["kind"], row.data["price"]) == ("p1", "book", 9.5)
    tables.create_rows("shop", "products", [{"$id": f"q{i}", "name": f"N{i}", "price": i} for i in range(5)])
    found = tables.list_rows("shop", "products", [Query.equal("name", "emile"), Query.select(["name"])])
    assert (found.total, found.rows[0].data["name"]) == (1, "Émile")
    page = tables.list_rows("shop", "products", [Query.order_desc("price"), Query.limit(2)])
    assert [row.id for row in page.rows] == ["p1", "q4"]
    assert tables.increment_row_column("shop", "products", "p1", "stock", 4).data["stock"] == 5
    tables.update_rows("shop", "products", {"stock": 7}, [Query.less_than("price", 2)])
    assert tables.get_row("shop", "products", "q1").data["stock"] == 7
    with pytest.raises(AppwriteException) as refused:
        tables.create_row("shop", "products", "p2", {"name": "Émile"})
    assert (refused.value.code, refused.value.type) == (409, "row_already_exists")
    transaction = tables.create_transaction().id
    tables.create_row("shop", "products", "t1", {"name": "staged"}, transaction_id=transaction)
    assert tables.list_rows("shop", "products").total == 6
    tables.update_transaction(transaction, commit=True)
    assert tables.get_row("shop", "products", "t1").data["name"] == "staged"
    tables.delete_rows("shop", "products", [Query.starts_with("name", "N")])
    assert tables.list_rows("shop", "products").total == 2
    tables.delete("shop")


def _node_packages() -> Path:
    """Return where node finds the packages; the first run installs them into the checkout."""
    found = MODULES / "node_modules"
    npm = shutil.which("npm")
    if shutil.which("node") is None or npm is None:
        pytest.skip("node and npm are not installed")
    if not all((found / package.partition("@")[0]).is_dir() for package in PACKAGES):
        command = [npm, "install", "--prefix", str(MODULES), "--no-save", "--no-audit", "--ignore-scripts", *PACKAGES]
        try:
            subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
        except subprocess.TimeoutExpired:
            pytest.skip(f"npm took more than 90 seconds to install {' and '.join(PACKAGES)}")
        except subprocess.CalledProcessError as failed:
            pytest.skip(f"npm could not install {' and '.join(PACKAGES)}: {failed.stderr.strip()[-300:]}")
    return found


@pytest.mark.slow
def test_the_typescript_orm_works(endpoint: str) -> None:
    ran = subprocess.run(
        ["node", CLIENTS / "orm.cjs", endpoint],
        env={**os.environ, "NODE_PATH": str(_node_packages())},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout.splitlines()[-1]) == {
        "created": 2,
        "all": ["Anvil", "Glue", "Rocket"],
        "found": ["Anvil", "Glue"],
        "active": True,
        "stock": 5,
        "joined": 3,
        "left": 2,
    }
