"""The asynchronous page: all reads wait at the same time."""

from __future__ import annotations

import asyncio

import pytest
from django.test import AsyncClient, Client

from django_appwrite_orm.contrib.testing import assert_num_appwrite_requests


def test_cold_and_warm(airports) -> None:
    browser = Client()
    with assert_num_appwrite_requests(8):
        page = browser.get("/together/")
    assert page["X-Cache-Status"] == "MISS"
    assert [read.label for read in page.context["reads"]][:2] == ["All countries", "The highest airports"]
    with assert_num_appwrite_requests(0):
        assert browser.get("/together/")["X-Cache-Status"] == "HIT"
    with assert_num_appwrite_requests(8):
        assert browser.get("/together/?fresh=on")["X-Cache-Status"] == "BYPASS"


def test_all_reads_wait_before_any_goes_on(airports, monkeypatch) -> None:
    """Each read waits until all of them do: one after the other, the first would wait for ever."""
    from together import reads

    async def read() -> list[reads.Timed]:
        barrier = asyncio.Barrier(len(reads.READS))

        async def wait_for_all(seconds: float) -> None:
            assert seconds == 0.05
            await barrier.wait()

        monkeypatch.setattr(reads.asyncio, "sleep", wait_for_all)
        return (await reads.read_together(fresh=True, distance=0.05))[0]

    timed = asyncio.run(asyncio.wait_for(read(), timeout=60))
    assert [read.label for read in timed] == list(reads.READS)
    assert timed[0].rows > 200


@pytest.mark.parametrize("query", ["distance=x", "distance=-1", "distance=1000000", "fresh"])
def test_odd_conditions(airports, query: str) -> None:
    page = Client().get(f"/together/?{query}")
    assert (page.status_code, page.context["distance"]) == (200, 0)


def test_in_an_event_loop(airports) -> None:
    assert asyncio.run(AsyncClient().get("/together/")).status_code == 200


def test_without_data(site) -> None:
    assert Client().get("/together/").status_code == 200
