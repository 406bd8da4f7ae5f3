"""The servers of contenders, and what Appwrite's SDK is seen to do with them: docs/performance says it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.request import urlopen

import pytest
from appwrite.models.row_list import RowList
from appwrite.query import Query

from benchmarks.support import sdk, servers
from benchmarks.support.products import DATABASE
from django_appwrite_orm.plans import ListRows, TableRef
from django_appwrite_orm.transport import Client

ROWS = {"total": 2, "rows": [{"$id": "a", "name": "A"}, {"$id": "b", "name": "B"}]}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdk, "ROWS", sdk.ROWS[:3])


@pytest.mark.parametrize("tls", [False, True])
def test_it_repeats_reads_and_counts_connections(tls: bool, tmp_path: Path, monkeypatch, small: None) -> None:
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, "")
    with servers.running(tmp_path / "rows.sqlite3", repeats=True, tls=tls) as server:
        assert server.endpoint.startswith("https:" if tls else "http:")
        service = sdk.filled(server.endpoint)
        before = server.counts()

        def names() -> list[str]:
            return [row.data["name"] for row in service.list_rows(DATABASE, sdk.TABLE, [Query.limit(2)]).rows]

        first = names()
        service.update_row(DATABASE, sdk.TABLE, "row0", {"name": "Another"})
        assert names() == first == ["Product 0", "Product 1"]
        assert service.get_row(DATABASE, sdk.TABLE, "row0").data["name"] == "Another"
        after = server.counts()
        assert {name: after[name] - before[name] for name in after} == {"requests": 4, "connections": 4}

        client = Client(endpoint=server.endpoint, project_id="local", api_key="local")
        request = next(ListRows(TableRef(DATABASE, sdk.TABLE), limit=2).fetch())
        replies = [client.send(request, 10) for _ in range(3)]
        client.close()
        assert [row["name"] for row in json.loads(replies[2].text)["rows"]] == ["Another", "Product 1"]
        assert server.counts() == {name: after[name] + more for name, more in {"requests": 3, "connections": 1}.items()}


def test_the_local_appwrite_counts_its_requests(tmp_path: Path, small: None) -> None:
    with servers.running(tmp_path / "rows.sqlite3") as server:
        assert server.counts() == {"requests": 0}
        urlopen(f"{server.endpoint}/health/version").close()
        assert server.counts() == {"requests": 1}


def test_the_sdk_validates_each_row_of_a_list_twice() -> None:
    validations = 0

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal validations
        if (
            event == "call"
            and frame.f_code.co_name == "_apply_defaults"
            and frame.f_code.co_filename.endswith("/row.py")
        ):
            validations += 1

    sys.setprofile(count)
    try:
        listed: RowList[dict[str, Any]] = RowList.with_data(ROWS)
    finally:
        sys.setprofile(None)
    assert [row.data["name"] for row in listed.rows] == ["A", "B"]
    assert validations == 4
