"""Serializers of our fields: those of DRF, and lists by the one of this package."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from django.utils import timezone
from rest_framework import serializers
from rest_framework.test import APIClient

from django_appwrite_orm.contrib.rest import ModelSerializer
from django_appwrite_orm.models import ArrayField
from tests.backend.shop.models import Letter, Note, Parcel

LISTS: dict[str, list[Any]] = {
    "words": ["a", "b"],
    "numbers": [1, 2],
    "flags": [True, False],
    "sizes": [1.5],
    "days": ["2024-01-31"],
    "moments": ["2024-01-31T10:20:30.500000Z"],
    "hours": ["10:20:30"],
    "codes": ["c0e9b8d5-5c5c-4a86-8f0e-0d1f3b1f0a11"],
}


def test_lists_are_read_written_and_changed(client: APIClient) -> None:
    created = client.post("/parcels/", LISTS)
    assert created.status_code == 201, created.json()
    url = f"/parcels/{created.json()['id']}/"
    assert client.get(url).json() == {"id": created.json()["id"], **LISTS}
    parcel = Parcel.objects.get()
    assert (parcel.words, parcel.days) == (["a", "b"], [datetime.date(2024, 1, 31)])
    assert client.patch(url, {"numbers": []}).json()["numbers"] == []
    assert client.get(url).json() == {"id": created.json()["id"], **LISTS, "numbers": []}


def test_a_list_that_is_not_given_is_the_default(client: APIClient) -> None:
    assert client.post("/parcels/", {}).json()["words"] == []


def test_wrong_items_are_named_by_their_place(client: APIClient) -> None:
    response = client.post("/parcels/", {"words": ["a", "b" * 41], "numbers": ["x"], "days": "2024-01-31"})
    assert response.status_code == 400
    assert set(response.json()) == {"words", "numbers", "days"}
    assert list(response.json()["words"]) == ["1"]
    assert "40 characters" in response.json()["words"]["1"][0]


def test_an_empty_list_is_refused_where_the_field_is_required() -> None:
    class Tagged(Parcel):
        labels = ArrayField(Parcel._meta.get_field("words").base_field.clone())

        class Meta:
            abstract = True

    field = Tagged._meta.get_field("labels")
    field_class, arguments = ModelSerializer().build_standard_field("labels", field)
    labels = field_class(**arguments)
    with pytest.raises(serializers.ValidationError, match="may not be empty"):
        labels.run_validation([])
    assert labels.run_validation(["a"]) == ["a"]


def test_system_fields_are_points_in_time_that_nobody_sets() -> None:
    class Whole(ModelSerializer):
        class Meta:
            model = Letter
            fields = ("text", "created_at", "updated_at")

    serializer = Whole()
    assert {name: type(field) for name, field in serializer.fields.items()} == {
        "text": serializers.CharField,
        "created_at": serializers.DateTimeField,
        "updated_at": serializers.DateTimeField,
    }
    assert serializer.fields["created_at"].read_only
    letter = Letter.objects.create(text="a")
    with timezone.override(datetime.timezone(datetime.timedelta(hours=2))):
        assert Whole(letter).data["created_at"].endswith("+02:00")


def test_ids_and_system_fields_are_read_only_and_work_without_this_package(client: APIClient) -> None:
    created = client.post("/letters/", {"text": "a", "created_at": "2020-01-01T00:00:00Z"}).json()
    letter = Letter.objects.get()
    moment = serializers.DateTimeField().to_representation
    assert created["created_at"] == moment(letter.created_at) == created["updated_at"]
    changed = client.patch(f"/letters/{letter.pk}/", {"text": "b"}).json()
    assert (changed["text"], changed["created_at"]) == ("b", created["created_at"])
    assert changed["updated_at"] == moment(Letter.objects.get().updated_at)
    note = client.post("/notes/", {"id": "mine", "text": "a"}).json()
    assert note["id"] == Note.objects.get().pk != "mine"
    assert client.get(f"/notes/{note['id']}/").json() == note
    assert client.delete(f"/notes/{note['id']}/").status_code == 204


def test_drfs_own_serializer_takes_lists_and_shows_them_as_text() -> None:
    class Plain(serializers.ModelSerializer):
        class Meta:
            model = Parcel
            fields = ("words", "numbers")

    serializer = Plain(data={"words": ["a"], "numbers": [1]})
    serializer.is_valid(raise_exception=True)
    parcel = serializer.save()
    assert Parcel.objects.get(pk=parcel.pk).words == ["a"]
    assert {name: json.loads(text) for name, text in Plain(parcel).data.items()} == {"words": ["a"], "numbers": [1]}
