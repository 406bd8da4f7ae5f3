"""A traceback shows the caller's frames, and not the chain of generators that an operation is."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable

import pytest

from django_appwrite_orm import Table, columns
from django_appwrite_orm.exceptions import AppwriteORMError
from tests.support.faulty_servers import faulty, refusal
from tests.support.library.tables import Book
from tests.support.tables import prepare


class Odd(Table):
    name = columns.String(size=10)

    class Meta:
        name = "odd"

    def save(self, **options: object) -> None:
        Book.objects.get(pk="nothing")


def frames(act: Callable[[], object]) -> list[list[str]]:
    """The functions in the tracebacks of what is raised, and of its causes."""
    with pytest.raises(AppwriteORMError) as caught:
        act()
    error: BaseException | None = caught.value
    found: list[list[str]] = []
    while error is not None:
        found.append([frame.name for frame in traceback.extract_tb(error.__traceback__)])
        error = error.__cause__ or error.__context__
    return found


@pytest.fixture
def broken(settings):
    with faulty(refusal(500, "general_unknown")) as server:
        given = {"ENDPOINT": server.endpoint, "PROJECT_ID": "p", "API_KEY": "k", "DATABASE_ID": "d", "RETRIES": 0}
        settings.APPWRITE_ORM = {"default": {**given, "SERVER_VERSION": "1.9.6"}}
        yield


def test_of_a_server_error(broken: None) -> None:
    def view() -> None:
        Book.objects.get(pk="b")

    assert frames(view) == [["frames", "view", "get", "send_with_retries"]]


def test_of_a_server_error_asynchronously(broken: None) -> None:
    async def view() -> None:
        await Book.objects.aget(pk="b")

    (shown,) = frames(lambda: asyncio.run(view()))
    assert shown[-3:] == ["view", "aget", "send_with_retries"]


def test_of_a_duplicate_the_cause_stays(library: None) -> None:
    Book.objects.create(id="b", title="Dune", price=1)
    found = frames(lambda: Book.objects.create(id="b", title="Dune", price=1))
    assert all(len(names) <= 4 for names in found)
    assert len(found) > 1


def test_frames_of_the_project_in_between_stay(library: None) -> None:
    prepare(Odd)
    assert "save" in frames(lambda: Odd.objects.create(name="x"))[0]
