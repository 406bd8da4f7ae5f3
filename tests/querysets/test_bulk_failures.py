"""A change of many rows that a real server answers with 500: said as what it is where rows prove it, and only there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db.models import F

from django_appwrite_orm import Table, UniqueIndex, columns
from django_appwrite_orm.exceptions import Unavailable, UniqueViolation
from django_appwrite_orm.transport import Client
from django_appwrite_orm.transport.client import Reply
from tests.support.costs import counted
from tests.support.tables import prepare


class Seat(Table):
    name = columns.String(size=10)
    row = columns.Integer()
    number = columns.Integer()

    class Meta:
        name = "seats"
        indexes = [UniqueIndex("name"), UniqueIndex("row", "number")]


@pytest.fixture(autouse=True)
def seats() -> None:
    prepare(Seat)
    for n in range(3):
        Seat.objects.create(id=f"s{n}", name=f"n{n}", row=1, number=n)


def changed_and_500(monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes are made, and answered with 500 all the same."""
    send = Client.send

    def failing(self: Client, request: Any, *given: Any) -> Reply:
        reply = send(self, request, *given)
        if request.method != "PATCH":
            return reply
        return Reply(500, '{"type": "general_unknown", "code": 500, "message": "Server Error"}', True, None)

    monkeypatch.setattr(Client, "send", failing)


CHANGES: dict[str, Callable[[], object]] = {
    "another row has it": lambda: Seat.objects.filter(id="s0").update(name="n1"),
    "asynchronously": lambda: asyncio.run(Seat.objects.filter(id="s0").aupdate(name="n1")),
    "two rows would have it": lambda: Seat.objects.filter(number__lt=2).update(name="new"),
    "of two columns": lambda: Seat.objects.filter(number=0).update(row=1, number=2),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_taken_unique_value(kind: str) -> None:
    with counted() as costs, pytest.raises(UniqueViolation) as caught:
        CHANGES[kind]()
    assert caught.value.index == ("row_number_unique" if kind == "of two columns" else "name_unique")
    assert caught.value.unclear is False
    assert len([request for request in costs.requests if request.startswith("PATCH")]) == 1
    assert sorted(seat.name for seat in Seat.objects.all()) == ["n0", "n1", "n2"]


def test_a_text_that_becomes_too_long() -> None:
    Seat.objects.filter(id="s1").update(name="123456789")
    with pytest.raises(ValidationError, match="make row 's1' longer than 10") as caught:
        Seat.objects.update(name=F("name") + "xy")
    assert list(caught.value.message_dict) == ["name"]
    assert sorted(seat.name for seat in Seat.objects.all()) == ["123456789", "n0", "n2"]


@pytest.mark.parametrize(
    "change",
    [
        lambda: Seat.objects.filter(id="s0").update(name="new"),
        lambda: Seat.objects.filter(id="s0").update(name=F("name") + "12345"),
        lambda: Seat.objects.update(row=5),
    ],
)
def test_a_change_that_was_made_stays_unclear(change: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    changed_and_500(monkeypatch)
    with pytest.raises(Unavailable) as caught:
        change()
    assert caught.value.unclear is True


def test_other_failures_cost_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Client, "send", lambda *given: Reply(500, "<h1>no</h1>", False, None))
    with counted() as costs, pytest.raises(Unavailable):
        Seat.objects.filter(id="s0").update(name="n1")
    assert len(costs.requests) == 1
