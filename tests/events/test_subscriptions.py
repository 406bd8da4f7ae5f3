"""`orm.listen`: callbacks and iterators over real realtime, with one connection per process and alias."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Iterator

import pytest

from django_appwrite_orm import orm
from django_appwrite_orm.events import RowChange, subscriptions
from django_appwrite_orm.exceptions import AppwriteORMError, ConfigurationError, NotFound
from tests.events.tables import Open, Own
from tests.support.event_sources import LISTENER, TABLE, World
from tests.support.subscribed_listeners import listener_threads, listens, printed_statistics
from tests.support.waiting import soon


@pytest.fixture
def here(here: World) -> Iterator[World]:
    yield here
    orm.close_listeners()
    assert listener_threads() == []


def actions(changes: list[RowChange]) -> list[tuple[str, str]]:
    return [(change.action, change.row.id) for change in changes]


def test_subscriptions_to_all_tables_one_table_and_one_row(here: World) -> None:
    everything: list[RowChange] = []
    table: list[RowChange] = []
    row: list[RowChange] = []
    stops = [
        orm.listen(everything.append),
        orm.table("open").listen(table.append),
        orm.table("open").listen(row.append, id="b"),
    ]
    assert listens()
    assert len(listener_threads()) == 1
    here.elsewhere("PATCH", f"{TABLE}/a", {"data": {"n": 2}})
    here.elsewhere("POST", TABLE, {"rowId": "b", "data": {"n": 3}})
    own = TABLE.replace("open", "own")
    granted = {"name": "own", "permissions": [f'read("user:{LISTENER}")']}
    here.elsewhere("PUT", own.removesuffix("/rows"), granted)
    here.elsewhere("POST", own, {"rowId": "o", "data": {"text": "x"}})
    here.elsewhere("DELETE", f"{TABLE}/b")
    assert soon(lambda: len(everything) == 4)
    assert actions(everything) == [("update", "a"), ("create", "b"), ("create", "o"), ("delete", "b")]
    assert actions(table) == [("update", "a"), ("create", "b"), ("delete", "b")]
    assert actions(row) == [("create", "b"), ("delete", "b")]
    assert (everything[0].table, everything[0].row.n, everything[0].using) == (Open, 2, "default")
    assert everything[2].table is Own
    for stop in stops:
        stop()
        stop()
    assert soon(lambda: listener_threads() == [])


def test_a_read_in_a_callback_returns_the_new_row(here: World) -> None:
    """Tables are invalidated before callbacks are called."""
    seen: list[str] = []
    assert here.page() == "a=1"
    orm.listen(lambda change: seen.append(here.page()))
    assert listens()
    here.elsewhere("PATCH", f"{TABLE}/a", {"data": {"n": 2}})
    assert soon(lambda: seen == ["a=2"])


def test_a_callback_that_raises_is_logged(here: World, caplog: pytest.LogCaptureFixture) -> None:
    heard: list[RowChange] = []

    def fail(change: RowChange) -> None:
        raise ValueError("ours")

    orm.listen(fail)
    orm.listen(heard.append)
    assert listens()
    for n in (2, 3):
        here.elsewhere("PATCH", f"{TABLE}/a", {"data": {"n": n}})
    assert soon(lambda: len(heard) == 2)
    assert caplog.text.count("A callback of orm.listen failed on events.Open") == 2


def test_a_callback_may_end_its_subscription(here: World) -> None:
    heard: list[RowChange] = []

    def once(change: RowChange) -> None:
        heard.append(change)
        orm.close_listeners()

    orm.listen(once)
    assert listens()
    for n in (2, 3):
        here.elsewhere("PATCH", f"{TABLE}/a", {"data": {"n": n}})
    assert soon(lambda: listener_threads() == [])
    assert len(heard) == 1


def test_close_listeners_of_a_table_keeps_the_others(here: World) -> None:
    everything: list[RowChange] = []
    table: list[RowChange] = []
    orm.listen(everything.append)
    orm.table("open").listen(table.append)
    assert listens()
    orm.table("own").close_listeners()
    here.elsewhere("PATCH", f"{TABLE}/a", {"data": {"n": 2}})
    assert soon(lambda: len(table) == len(everything) == 1)
    orm.table("open").close_listeners()
    here.elsewhere("PATCH", f"{TABLE}/a", {"data": {"n": 3}})
    assert soon(lambda: len(everything) == 2)
    assert len(table) == 1
    orm.close_listeners()
    assert listener_threads() == []


def test_its_state_is_shown(here: World) -> None:
    orm.listen(lambda change: None)
    assert soon(lambda: "orm.listen of 'default': listening" in printed_statistics())
    here.take_away()
    assert soon(lambda: "orm.listen of 'default': waiting" in printed_statistics())
    here.bring_back()
    assert soon(lambda: "orm.listen of 'default': listening" in printed_statistics())
    orm.close_listeners()
    assert "orm.listen of 'default': stopped" in printed_statistics()


def test_changes_can_be_iterated_over(here: World) -> None:
    async def first_two() -> list[RowChange]:
        found = []
        changes = orm.table("open").alisten()
        begun = asyncio.ensure_future(anext(changes))
        await asyncio.to_thread(listens_soon)
        for n in (2, 3):
            await asyncio.to_thread(here.elsewhere, "PATCH", f"{TABLE}/a", {"data": {"n": n}})
        found.append(await begun)
        found.append(await anext(changes))
        await changes.aclose()
        return found

    def listens_soon() -> None:
        assert soon(lambda: "default" in subscriptions._hubs and subscriptions._hubs["default"]._listener)
        assert listens()

    assert [change.row.n for change in asyncio.run(first_two())] == [2, 3]
    assert soon(lambda: listener_threads() == [])


def test_a_loop_that_is_too_slow_gets_an_error(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "MAX_QUEUED", 2)

    async def slow() -> list[int]:
        found = []
        changes = orm.alisten()
        begun = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0)
        audience = subscriptions._hubs["default"]
        for n in range(6):
            audience._call(RowChange("update", Open, Open(id="a", n=n), "default"))
        found.append((await begun).row.n)
        found.append((await anext(changes)).row.n)
        with pytest.raises(AppwriteORMError, match="More than 2 changes are waiting"):
            await anext(changes)
        return found

    assert asyncio.run(slow()) == [0, 1]


@pytest.mark.parametrize("form", ["callback", "iterator"])
def test_an_unknown_user_ends_the_subscription_with_an_error(
    here: World, settings, caplog: pytest.LogCaptureFixture, form: str
) -> None:
    """An iterator raises the error; for callbacks it is logged. A later call starts a new thread."""
    settings.APPWRITE_ORM = {"default": {**here.connection, "LISTEN_AS": "nobody"}}
    with caplog.at_level(logging.ERROR):
        if form == "callback":
            orm.listen(lambda change: None)
        else:
            with pytest.raises(NotFound):
                asyncio.run(anext_of_all())
        assert soon(lambda: "listening has ended" in caplog.text)
    assert soon(lambda: listener_threads() == [])
    settings.APPWRITE_ORM = {"default": here.connection}
    orm.listen(lambda change: None)
    assert listens()


async def anext_of_all() -> RowChange:
    return await anext(orm.alisten())


def test_an_empty_row_id_is_an_error() -> None:
    for ask in (lambda: orm.table("books").listen(print, id=""), lambda: orm.table("books").alisten(id="")):
        with pytest.raises(ValueError, match="A row id must be a string"):
            ask()


def test_a_missing_library_is_a_configuration_error(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said at once, where it was asked for, and no thread begins."""
    given = {"ENDPOINT": "http://127.0.0.1:1/v1", "PROJECT_ID": "p", "API_KEY": "k", "DATABASE_ID": "d"}
    settings.APPWRITE_ORM = {"default": given}
    monkeypatch.setitem(sys.modules, "websockets.sync.client", None)
    monkeypatch.delitem(sys.modules, "django_appwrite_orm.events.websocket", raising=False)
    with pytest.raises(ConfigurationError, match=r"pip install 'django-appwrite-orm\[realtime\]'"):
        orm.listen(lambda change: None)
    assert listener_threads() == []
