"""The pages of the caching guide: what their requests do, the statistics, and the buttons of the cache."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from django_appwrite_orm.contrib.testing import assert_num_appwrite_requests


@pytest.fixture
def browser(products) -> Client:
    from guide.tables import User, users

    User.objects.bulk_create(list(users().values()))
    return Client()


def test_every_section_has_requests_that_work(browser: Client) -> None:
    from guide.sections import SECTIONS

    for section in SECTIONS:
        page = browser.get(f"/guide/{section.slug}/")
        assert page.status_code == 200
        assert section.tries
        for attempt in section.tries:
            assert f'action="{attempt.url}"' in page.content.decode()
            if attempt.method == "GET":
                assert browser.get(attempt.url).status_code == 200
            elif attempt.body:
                body = attempt.body.replace("%s", section.slug)
                expected = 400 if "-1" in body else 201
                assert browser.post(attempt.url, body, content_type="application/json").status_code == expected
                json.loads(body)
            else:
                assert browser.post(attempt.url).status_code in (200, 201)
    assert len(SECTIONS) == 13
    assert browser.get("/guide/nothing-of-the-kind/").status_code == 404


@pytest.mark.parametrize("path", ["/guide/", "/guide/views/", "/guide/statistics/"])
def test_the_pages_themselves_read_no_rows(browser: Client, path: str) -> None:
    with assert_num_appwrite_requests(0):
        assert browser.get(path).status_code == 200


@pytest.mark.parametrize(
    ("path", "cold"), [("/guide/api/users", 1), ("/guide/api/metrics", 1), ("/guide/api/users/robust", 1)]
)
def test_requests_cold_and_warm(browser: Client, path: str, cold: int) -> None:
    with assert_num_appwrite_requests(cold):
        assert browser.get(path)["X-Cache-Status"] == "MISS"
    with assert_num_appwrite_requests(0):
        assert browser.get(path)["X-Cache-Status"] == "HIT"


def test_a_new_user_makes_a_miss(browser: Client) -> None:
    before = browser.get("/guide/api/users").json()
    assert browser.post("/guide/api/users").status_code == 201
    after = browser.get("/guide/api/users")
    assert (after["X-Cache-Status"], len(after.json())) == ("MISS", len(before) + 1)


def test_users_are_not_added_without_end(browser: Client, monkeypatch) -> None:
    from guide import api

    monkeypatch.setattr(api, "MOST_USERS", 7)
    assert [browser.post("/guide/api/users").status_code for _ in range(2)] == [201, 409]


def test_control_by_hand(browser: Client) -> None:
    browser.get("/guide/api/users")
    assert browser.get("/guide/api/users/status").json()["is_updated"] is True
    browser.post("/guide/api/users/invalidate")
    assert browser.get("/guide/api/users/status").json()["is_updated"] is False
    assert browser.post("/guide/api/users/refresh").json() == {"message": "Cache refreshed", "count": 6}
    assert browser.get("/guide/api/users")["X-Cache-Status"] == "HIT"


def test_304_before_the_view(browser: Client) -> None:
    browser.get("/guide/api/users/conditional")
    etag = browser.get("/guide/api/users/conditional")["ETag"]
    with assert_num_appwrite_requests(0):
        assert browser.get("/guide/api/users/conditional", headers={"If-None-Match": etag}).status_code == 304
    browser.post("/guide/api/users")
    assert browser.get("/guide/api/users/conditional", headers={"If-None-Match": etag}).status_code == 200


def test_a_batch_reports_what_failed_and_leaves_the_list_warm(browser: Client) -> None:
    done = browser.post("/guide/api/users/batch").json()
    assert (done["processed"], len(done["failed"])) == (7, 1)
    users = browser.get("/guide/api/users")
    assert users["X-Cache-Status"] == "HIT"
    assert {user["active"] for user in users.json()} == {False}


def test_times_of_reads_are_those_of_this_request(browser: Client) -> None:
    (first,), (second,) = (browser.get("/guide/api/users/timing").json()["reads"] for _ in range(2))
    assert first.startswith("users (MISS): ")
    assert second.startswith("users (HIT): ")


def test_statistics_and_their_buttons(browser: Client) -> None:
    assert browser.post("/guide/statistics/reset/").status_code == 302
    for _ in range(2):
        browser.get("/guide/api/users")
    page = browser.get("/guide/statistics/")
    (users,) = [table for table in page.context["tables"] if table["name"] == "users"]
    assert (users["hits"], users["misses"], users["hit_rate"]) == (1, 1, 50.0)
    assert "The statistics begin at zero." in page.content.decode()
    browser.post("/guide/statistics/clear/")
    assert browser.get("/guide/api/users")["X-Cache-Status"] == "MISS"
    assert browser.post("/guide/api/clear").status_code == 200
    browser.post("/guide/statistics/warm/")
    assert "rows are in the cache" in browser.get("/guide/statistics/").content.decode()
    with assert_num_appwrite_requests(0):
        assert browser.get("/shop/").status_code == 200


@pytest.mark.parametrize("path", ["api/users", "api/users/batch", "api/clear", "statistics/clear/", "statistics/warm/"])
def test_other_sites_cannot_press_the_buttons(browser: Client, path: str) -> None:
    assert Client(enforce_csrf_checks=True).post(f"/guide/{path}").status_code == 403


@pytest.mark.parametrize("path", ["api/users/batch", "api/clear", "statistics/reset/"])
def test_what_changes_needs_a_post(browser: Client, path: str) -> None:
    assert browser.get(f"/guide/{path}").status_code == 405
