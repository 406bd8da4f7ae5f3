"""Notes of two identities: who sees, changes and deletes which, and whose reads are whose."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from django_appwrite_orm.contrib.testing import assert_num_appwrite_requests


@pytest.fixture
def _tokens(site) -> None:
    from notes import identities

    identities.forget()  # those of another test's users


def signed_in(key: str) -> Client:
    browser = Client()
    assert browser.post("/notes/identity/", {"identity": key}).status_code == 302
    return browser


@pytest.fixture
def ada(_tokens) -> Client:
    return signed_in("ada")


@pytest.fixture
def grace(_tokens) -> Client:
    return signed_in("grace")


@pytest.fixture
def guest(_tokens) -> Client:
    return Client()


def write(browser: Client, text: str, **values: str) -> str:
    """Write a note; return its id."""
    assert browser.post("/notes/", {"text": text, **values}).status_code == 302
    return next(note.id for note in browser.get("/notes/").context["notes"] if note.text == text)


def texts(browser: Client) -> list[str]:
    return [note.text for note in browser.get("/notes/").context["notes"]]


def test_each_sees_its_own_notes_and_the_public_ones(ada: Client, grace: Client, guest: Client) -> None:
    write(ada, "Ada's secret")
    write(grace, "Grace's secret")
    write(ada, "For all", public="on")
    assert texts(ada) == ["For all", "Ada's secret"]
    assert texts(grace) == ["For all", "Grace's secret"]
    assert texts(guest) == ["For all"]


def test_what_one_has_read_is_not_a_hit_for_another(ada: Client, grace: Client, guest: Client) -> None:
    write(ada, "For all", public="on")
    for browser in (ada, grace, guest):
        browser.get("/notes/")
    write(ada, "Another")
    statuses = [[browser.get("/notes/")["X-Cache-Status"] for _ in range(2)] for browser in (grace, guest)]
    assert statuses == [["MISS", "HIT"], ["MISS", "HIT"]]
    for browser in (ada, grace, guest):
        with assert_num_appwrite_requests(0):
            page = browser.get("/notes/")
        assert page["Cache-Control"] == "private, no-cache"


def test_own_notes_are_edited_and_deleted(ada: Client, grace: Client) -> None:
    note = write(ada, "Draft")
    assert "Draft" in ada.get(f"/notes/{note}/edit/").content.decode()
    assert ada.post(f"/notes/{note}/edit/", {"text": "Final", "public": "on"}).status_code == 302
    assert texts(grace) == ["Final"]
    assert ada.post(f"/notes/{note}/edit/", {"text": "Final"}).status_code == 302
    assert texts(grace) == []
    assert ada.post(f"/notes/{note}/delete/").status_code == 302
    assert texts(ada) == []


def test_notes_of_others_are_refused_by_appwrite(ada: Client, grace: Client, guest: Client) -> None:
    private, public = write(ada, "Secret"), write(ada, "For all", public="on")
    for other in (grace, guest):
        assert other.get(f"/notes/{private}/edit/").status_code == 404
        assert other.post(f"/notes/{private}/delete/").status_code == 404
        assert other.post(f"/notes/{public}/edit/", {"text": "Mine now", "public": "on"}).status_code == 403
        assert other.post(f"/notes/{public}/delete/").status_code == 403
    assert texts(ada) == ["For all", "Secret"]


def test_a_guest_writes_nothing(guest: Client) -> None:
    page = guest.post("/notes/", {"text": "Hello"})
    assert page.status_code == 200
    assert "There are no public notes" in page.content.decode()


def test_text_that_makes_no_note(ada: Client) -> None:
    assert ada.post("/notes/", {"text": ""}).status_code == 400
    assert ada.post("/notes/", {"text": "x" * 501}).status_code == 400
    operator = '{"method": "increment", "values": [1]}'
    note = write(ada, operator)
    refused = ada.post(f"/notes/{note}/edit/", {"text": operator + " "})
    assert refused.status_code == 400
    assert refused.context["form"].errors["text"]


def test_an_identity_cannot_be_made_up(ada: Client) -> None:
    write(ada, "Secret")
    liar = Client()
    liar.cookies["demo-identity"] = "ada:forged"
    assert texts(liar) == []
    ada.post("/notes/identity/", {"identity": "nobody"})
    assert texts(ada) == []


def test_forms_need_their_token(ada: Client) -> None:
    note = write(ada, "Mine")
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = ada.cookies
    for path in ("/notes/", "/notes/identity/", f"/notes/{note}/delete/"):
        assert strict.post(path, {"text": "x", "identity": "grace"}).status_code == 403


def test_no_secret_is_on_the_page(ada: Client) -> None:
    from notes import identities

    write(ada, "Mine")
    page = ada.get("/notes/").content.decode()
    secrets = [jwt for jwt, _ in identities._jwts.values()]
    assert secrets
    assert not any(secret in page for secret in secrets)
    assert not re.search(r"eyJ[\w-]+\.", page)
