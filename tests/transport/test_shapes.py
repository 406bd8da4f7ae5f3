"""Well-formed JSON that is not an answer to what was asked: said clearly, and a write of which nothing is known."""

from __future__ import annotations

import pytest

from django_appwrite_orm.exceptions import Unavailable
from django_appwrite_orm.plans import (
    CountRows,
    CreateRow,
    CreateRows,
    DeleteRows,
    GetRow,
    ListRows,
    Request,
    TableRef,
    UpdateRow,
    UpdateRows,
    begin_transaction,
)
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.transport import request_json
from tests.support.faulty_servers import answer, faulty
from tests.transport.conftest import Drive

TABLE = TableRef("d", "t")
ROW = {"$id": "r", "$sequence": "1", "a": 1}
LISTS = (
    next(ListRows(TABLE).fetch()),
    next(CountRows(TABLE).fetch()),
    CreateRows(TABLE, ({"$id": "r"},)).request,
    UpdateRows(TABLE, {"a": 1}).request,
    DeleteRows(TABLE).request,
)
ROWS = (
    next(GetRow(TABLE, "r").fetch()),
    CreateRow(TABLE, "r", {"a": 1}).request,
    UpdateRow(TABLE, "r", {"a": 1}).request,
    begin_transaction(60),
)
NO_LISTS = ({}, {"rows": []}, {"total": 1}, {"total": 1, "rows": None}, {"total": None, "rows": []}, ROW)
NO_LISTS += ({"total": 1, "rows": [None]}, {"total": 1, "rows": [{"a": 1}]}, {"total": True, "rows": []})
NO_ROWS = ({}, {"id": "r"}, {"$id": None}, {"$id": 5}, {"total": 1, "rows": [ROW]})
NOTHING = ("null", "[]", "5", '"x"', "{", "")


def ask(drive: Drive, request: Request, body: object):
    with faulty(answer(200, body)) as server:
        return drive(request_json(server.client(), request, timeout=30, retries=0))


@pytest.mark.parametrize(
    ("request_", "body"),
    [
        *((request, body) for request in LISTS for body in (*NO_LISTS, *NOTHING)),
        *((request, body) for request in ROWS for body in (*NO_ROWS, *NOTHING)),
    ],
    ids=str,
)
def test_json_of_another_shape_is_unavailable(request_: Request, body: object) -> None:
    with pytest.raises(Unavailable, match="is it an Appwrite endpoint") as caught:
        ask(run_sync, request_, body)
    assert caught.value.unclear == (not request_.is_read)


def test_json_of_the_right_shape_is_returned(drive: Drive) -> None:
    assert ask(drive, LISTS[0], {"total": 1, "rows": [ROW]}).data["rows"] == [ROW]
    assert ask(drive, ROWS[0], ROW).data == ROW
