"""Events of a series of actions, compared with those recorded from Appwrite 1.9.6."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from django_appwrite_orm.local.webhooks.delivery import signature
from tests.support.recorded_events import ACTIONS, WEBHOOKS, Played, play

SECRET = WEBHOOKS["signature key"]
DATES = "$createdAt", "$updatedAt"


@pytest.fixture(scope="module")
def played() -> Played:
    return play()


def steady(payload: dict[str, Any]) -> dict[str, Any]:
    """Return a payload without what differs from run to run; internal names by their shape."""
    result = {name: "a date" if name in DATES else value for name, value in payload.items()}
    for name in ("columns", "indexes"):
        if isinstance(result.get(name), list):
            result[name] = [steady(part) if isinstance(part, dict) else part for part in result[name]]
    if "$sequence" in result:
        assert result["$sequence"].isdigit()
        result["$sequence"] = "a number"
    if "$collection" in result:
        result["$collection"] = re.sub(r"\d+", "N", result["$collection"])
    result.pop("bytesUsed", None)
    result.pop("bytesMax", None)  # observed as 0 for a table that is gone
    return numberless(result)


def numberless(value: Any) -> Any:
    """Return names without the server's numbers of database and table."""
    return json.loads(re.sub(r"\b\d+_\d+_(?=idx|flag)", "N_N_", json.dumps(value)))


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action["action"])
def test_frames_are_as_recorded(played: Played, action: dict[str, Any]) -> None:
    got = played.frames[action["action"]]
    counts = {name.replace("own.rows", "rows"): count for name, count in action["received"].items()}
    assert {name: len(got[name]) for name in counts} == counts
    reader = "jwt: rows" if "jwt: rows" in counts and not counts.get("guest: rows") else "guest: rows"
    for frame, expected in zip(got[reader], action["frames"], strict=True):
        actual, recorded = frame["data"], expected["data"]
        assert (frame["type"], set(actual)) == ("event", set(recorded))
        assert (actual["events"], actual["channels"]) == (recorded["events"], recorded["channels"])
        assert steady(actual["payload"]) == steady(recorded["payload"])
        assert len(actual["subscriptions"]) == 1
    if "two queries" in action:
        two = got["guest: rows, two queries"]
        assert [sorted(map(int, frame["data"]["subscriptions"])) for frame in two] == action["two queries"]


def test_an_increment_carries_the_date_from_before(played: Played) -> None:
    upserted, counted, counted_again = (
        played.frames[name]["guest: rows"][0]["data"]["payload"]["$updatedAt"]
        for name in ("row upsert, exists", "increment", "decrement")
    )
    assert upserted == counted < counted_again


@pytest.mark.parametrize("place", range(len(WEBHOOKS["deliveries"])))
def test_deliveries_are_as_recorded(played: Played, place: int) -> None:
    actual, recorded = played.deliveries[place], WEBHOOKS["deliveries"][place]
    assert (actual.target, numberless(actual.names)) == (
        recorded["target"],
        numberless(recorded["headers"][EVENTS].split(",")),
    )
    assert [name for name in actual.headers if name not in ALWAYS] == [n for n in ORDER if n in recorded["headers"]]
    for name in ("Id", "Name", "User-Id"):
        header = f"X-Appwrite-Webhook-{name}"
        assert actual.headers.get(header) == recorded["headers"].get(header)
    assert steady(json.loads(actual.body)) == steady(json.loads(recorded["body"]))
    url = f"http://{actual.headers['Host']}{actual.target}"
    assert actual.headers["X-Appwrite-Webhook-Signature"] == signature(SECRET, url, actual.body)


EVENTS = "X-Appwrite-Webhook-Events"
ALWAYS = ("User-Agent", "Accept", "Content-Length")
ORDER = [
    *("Host", "Authorization", "Content-Type"),
    *(f"X-Appwrite-Webhook-{name}" for name in ("Id", "Events", "Name", "User-Id", "Project-Id", "Signature")),
]


def test_all_headers_are_in_the_recorded_order(played: Played) -> None:
    with_password = next(delivery for delivery in played.deliveries if "Authorization" in delivery.headers)
    named = [name for name in with_password.headers if not name.startswith("X-")]
    assert named == ["Host", "Authorization", "User-Agent", "Accept", "Content-Type", "Content-Length"]
    assert with_password.headers["Authorization"] == "Basic dTpwNHNzdzByZA=="
    assert with_password.headers["User-Agent"].startswith("Appwrite-Server v1.9.6. ")


def test_the_signature_is_the_recorded_one() -> None:
    delivery = WEBHOOKS["deliveries"][0]
    url = f"http://hook.example.com:9512{delivery['target']}"
    given = delivery["headers"]["X-Appwrite-Webhook-Signature"]
    assert signature(SECRET, url, delivery["body"].encode()) == given
