"""Errors of Appwrite as responses of an API: their status, their fields, and nothing about the server."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError, ProgrammingError, connection
from django.db.models import ProtectedError
from django.utils.translation import override
from rest_framework.exceptions import NotFound
from rest_framework.test import APIClient, APIRequestFactory

from django_appwrite_orm.connection import connections
from django_appwrite_orm.contrib.rest import exception_handler
from django_appwrite_orm.exceptions import (
    AppwriteError,
    Conflict,
    DeleteRestricted,
    PermissionDenied,
    RateLimited,
    RowGone,
    Timeout,
    Unavailable,
    UserPermissionDenied,
)
from django_appwrite_orm.plans import CreateRow, DeleteRow, TableRef
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.transport.retry import Attempt
from tests.backend.shop.models import Maker, Note, Product, Tag
from tests.contrib.rest.site import Makers, Raising
from tests.support.library.tables import Book

SECRET = "https://appwrite.internal/v1 a-very-secret-key"


def raised(client: APIClient, action: Callable[[], Any], method: str = "get") -> Any:
    Raising.run = staticmethod(action)
    return getattr(client, method)("/raising/")


@pytest.fixture(params=["models", "tables"])
def read(request: pytest.FixtureRequest) -> Callable[[], Any]:
    return {"models": lambda: list(Note.objects.all()), "tables": lambda: list(Book.objects.all())}[request.param]


REFUSALS: list[tuple[Callable[[], AppwriteError], int, str | None]] = [
    (lambda: Unavailable(SECRET), 503, "10"),
    (lambda: Timeout(SECRET), 503, "10"),
    (lambda: RateLimited(SECRET, retry_after=2.3), 429, "3"),
    (lambda: RateLimited(SECRET), 429, "60"),
    (lambda: UserPermissionDenied(SECRET, status=401), 403, None),
    (lambda: Conflict(SECRET, status=409), 409, None),
]


@pytest.mark.parametrize(("error", "status", "after"), REFUSALS)
def test_an_error_of_appwrite_has_its_status_and_names_no_server(
    error: Callable[[], AppwriteError], status: int, after: str | None, client: APIClient, read: Callable[[], Any]
) -> None:
    def refuse(attempt: Attempt) -> Any:
        raise error()

    with mock.patch.object(Attempt, "perform", refuse):
        response = raised(client, read)
    assert (response.status_code, response.get("Retry-After")) == (status, after)
    assert list(response.json()) == ["detail"]
    assert "secret" not in response.content.decode()
    assert "internal" not in response.content.decode()
    if after:
        assert response["Cache-Control"] == "no-store"


def test_the_log_has_the_reason(client: APIClient, caplog: pytest.LogCaptureFixture) -> None:
    def action() -> Any:
        raise Unavailable("no connection to appwrite.internal")

    with caplog.at_level(logging.ERROR, logger="django_appwrite_orm.web"):
        raised(client, action)
    assert "/raising/ answered with 503: no connection to appwrite.internal" in caplog.text
    caplog.clear()
    context = {"request": APIRequestFactory().get("/a%0Ab/")}
    with caplog.at_level(logging.ERROR, logger="django_appwrite_orm.web"):
        exception_handler(Unavailable("x"), context)
    assert caplog.messages == [r"/a\nb/ answered with 503: x"]


@pytest.mark.parametrize(
    ("error", "status"), [(DeleteRestricted(SECRET, status=403), 409), (RowGone(SECRET), 404), (NotFound(), 404)]
)
def test_errors_of_rows_have_a_status(error: Exception, status: int, client: APIClient) -> None:
    def action() -> Any:
        raise error

    response = raised(client, action)
    assert response.status_code == status
    assert "secret" not in response.content.decode()


@override("en")  # the middleware leaves the language of the last request active
def test_details_are_in_the_language_of_the_client(client: APIClient, settings: Any) -> None:
    settings.MIDDLEWARE = ["django.middleware.locale.LocaleMiddleware", *settings.MIDDLEWARE]

    def raising(error: Exception) -> Callable[[], Any]:
        def action() -> Any:
            raise error

        return action

    def details(language: str, action: Callable[[], Any]) -> Any:
        Raising.run = staticmethod(action)
        return client.get("/raising/", headers={"Accept-Language": language}).json()

    conflict, gone = raising(Conflict(SECRET, status=409)), raising(Unavailable(SECRET))
    assert details("de", conflict)["detail"].startswith("Die Daten wurden inzwischen geändert.")
    assert details("fr", gone) == {"detail": "Les données sont momentanément inaccessibles."}
    too_long = Book(title="a" * 101, price=1)
    assert details("fr", too_long.full_clean) == {"title": ["Au maximum 100 caractères, pas 101."]}


@pytest.mark.parametrize("error", [PermissionDenied("no scope", status=403), OperationalError("x"), KeyError("x")])
def test_mistakes_of_the_site_stay_errors(error: Exception, client: APIClient) -> None:
    def action() -> Any:
        raise error

    with pytest.raises(type(error)):
        raised(client, action)


def test_a_missing_table_stays_an_error(client: APIClient) -> None:
    with connection.schema_editor() as editor:
        editor.delete_model(Note)
    with pytest.raises(ProgrammingError):
        raised(client, lambda: list(Note.objects.all()))


# Values


def test_a_value_that_is_taken_is_named_by_its_field_whoever_finds_out(
    client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    Maker.objects.create(name="Ada")
    early = client.post("/makers/", {"name": "ada"})
    monkeypatch.setattr(Makers.serializer_class, "_declared_fields", {})
    monkeypatch.setattr(Makers.serializer_class.Meta, "extra_kwargs", {"name": {"validators": []}}, raising=False)
    late = client.post("/makers/", {"name": "ada"})
    for response in (early, late):
        assert (response.status_code, list(response.json())) == (400, ["name"]), response.json()
    in_block = raised(client, lambda: Maker.objects.create(name="ada"), "post")
    assert (in_block.status_code, in_block.json()) == (400, {"name": ["This field must be unique."]})


def test_values_that_are_taken_together_are_all_named(client: APIClient) -> None:
    ada = Maker.objects.create(name="Ada")
    Product.objects.create(name="Ball", maker=ada)
    response = raised(client, lambda: Product.objects.create(name="Ball", maker=ada))
    assert response.status_code == 400
    assert set(response.json()) == {"name", "maker"}


def test_a_value_that_is_taken_in_a_table_is_named_by_its_column(client: APIClient) -> None:
    Book.objects.create(title="Dune", price=1)
    response = raised(client, lambda: Book.objects.create(title="Dune", price=2))
    assert (response.status_code, list(response.json())) == (400, ["title"])


def test_an_id_that_is_taken_is_a_conflict(client: APIClient) -> None:
    Note.objects.create(pk="a", text="a")
    response = raised(client, lambda: Note.objects.create(pk="a", text="b"))
    assert (response.status_code, response.json()) == (409, {"detail": "There is a row with this id already."})


def test_a_value_that_a_column_cannot_hold_is_named_by_its_field(client: APIClient) -> None:
    note = Note.objects.create(text="a")
    response = client.patch(f"/notes/{note.pk}/", {"text": '{"method": "increment", "values": [1]}'})
    assert response.status_code == 400
    assert "operator" in response.json()["text"][0]
    response = raised(client, lambda: Product.objects.create(name="a", price="1234567.89"))
    assert (response.status_code, list(response.json())) == (400, ["price"])
    response = raised(client, lambda: Book.objects.create(title="a" * 101, price=1))
    assert (response.status_code, list(response.json())) == (400, ["title"])


def test_djangos_validation_errors_are_by_field(client: APIClient) -> None:
    def action() -> Any:
        raise ValidationError({"name": ["No."], "__all__": ["Never."]})

    response = raised(client, action)
    assert (response.status_code, response.json()) == (400, {"name": ["No."], "non_field_errors": ["Never."]})


# Blocks


@pytest.mark.parametrize("overtaken_by", ["a deletion", "a taken value"])
def test_a_block_that_others_have_overtaken_is_a_conflict(overtaken_by: str, client: APIClient) -> None:
    maker, note = Maker.objects.create(name="Ada"), Note.objects.create(text="a")
    appwrite = connections["default"]
    table = TableRef(appwrite.settings.database_id, "shop_maker")

    def action() -> None:
        Note.objects.filter(pk=note.pk).update(text="b")
        Maker.objects.filter(pk=maker.pk).update(country="fr", name="Eve")
        if overtaken_by == "a deletion":
            run_sync(appwrite.send(DeleteRow(table, f"{maker.pk:019d}").request))
        else:
            run_sync(appwrite.send(CreateRow(table, "x", {"name": "EVE", "country": ""}).request))

    response = raised(client, action, "post")
    if overtaken_by == "a deletion":
        assert (response.status_code, response.json()["detail"].split(".")[0]) == (
            409,
            "The data was changed meanwhile",
        )
    else:
        assert (response.status_code, list(response.json())) == (400, ["name"])
    assert Note.objects.get().text == "a"


def test_a_row_that_others_refer_to_is_not_deleted(client: APIClient) -> None:
    def action() -> None:
        raise ProtectedError("secret", {Tag(slug="a")})

    response = raised(client, action)
    assert (response.status_code, response.json()) == (409, {"detail": "Other rows refer to this one."})


def test_what_is_not_ours_is_left_to_djangos_handler() -> None:
    assert exception_handler(KeyError("x"), {}) is None
    assert exception_handler(NotFound("gone"), {}).data == {"detail": "gone"}
