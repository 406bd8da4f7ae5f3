"""`ArrayField`: lists in a column."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

import pytest
from django import forms
from django.core import serializers
from django.core.exceptions import FieldError, ValidationError
from django.db import DataError, IntegrityError, connection, models, transaction
from django.db.migrations.writer import MigrationWriter
from django.db.models import Q
from django.test.utils import isolate_apps

from django_appwrite_orm.models import ArrayField

from .shop.models import Letter, Parcel

pytestmark = pytest.mark.usefixtures("shop")
VALUES: dict[str, list[Any]] = {
    "words": ["a", "B, c", 'say "d"'],
    "numbers": [1, -2, 2**62],
    "flags": [True, False],
    "sizes": [0.5, 2.0],
    "days": [datetime.date(2024, 2, 29)],
    "moments": [datetime.datetime(2024, 1, 1, 12, 30, 0, 123_000, tzinfo=datetime.UTC)],
    "hours": [datetime.time(1, 2, 3)],
    "codes": [uuid.UUID(int=7)],
}


def values_of(parcel: Parcel) -> dict[str, list[Any]]:
    return {name: getattr(parcel, name) for name in VALUES}


def in_memory(queryset: Any) -> Any:
    """Return the queryset with a condition that Appwrite cannot check."""
    return queryset.filter(Q(letter__text="x") | Q(letter__isnull=True))


@pytest.fixture
def parcels(shop: None) -> list[Parcel]:
    return [
        Parcel.objects.create(words=["red", "big"], numbers=[1, 2]),
        Parcel.objects.create(words=["Red"], numbers=[2, 3]),
        Parcel.objects.create(),
    ]


def test_a_row_comes_back_with_its_lists() -> None:
    parcel = Parcel.objects.create(**VALUES)
    assert values_of(Parcel.objects.get(pk=parcel.pk)) == VALUES
    assert values_of(in_memory(Parcel.objects.all()).get()) == VALUES
    assert Parcel.objects.values_list("numbers", flat=True).get() == VALUES["numbers"]
    assert values_of(Parcel.objects.create()) == {name: [] for name in VALUES}


def test_a_change_replaces_the_list() -> None:
    parcel = Parcel.objects.create(words=["a"])
    parcel.words.append("b")
    parcel.save()
    assert Parcel.objects.get().words == ["a", "b"]
    Parcel.objects.update(words=[], numbers=[5])
    assert (Parcel.objects.get().words, Parcel.objects.get().numbers) == ([], [5])


def test_lists_in_a_block() -> None:
    with transaction.atomic():
        parcel = Parcel.objects.create(**VALUES)
        assert values_of(Parcel.objects.get(pk=parcel.pk)) == VALUES
        assert Parcel.objects.get(numbers__contains=[1]) == parcel
    assert values_of(Parcel.objects.get()) == VALUES


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Q(words__contains=["red"]), [0]),
        (Q(words__contains=["red", "big"]), [0]),
        (Q(words__contains=["red", "small"]), []),
        (Q(words__contains=[]), [0, 1, 2]),
        (Q(words__overlap=["red", "Red"]), [0, 1]),
        (Q(words__overlap=[]), []),
        (Q(numbers__contains=[2]), [0, 1]),
        (Q(numbers__overlap=(1, 3)), [0, 1]),
        (Q(numbers__overlap=[9, 3]), [1]),
        (Q(numbers__contains=["no number"]), []),
        (~Q(words__contains=["red"]), [1, 2]),
        (~Q(words__overlap=["red", "Red"]), [2]),
        (~Q(numbers__contains=[]), []),
        (Q(words__isnull=True), []),
        (Q(words__isnull=False), [0, 1, 2]),
    ],
)
def test_filters(parcels: list[Parcel], condition: Q, expected: list[int]) -> None:
    queryset = Parcel.objects.filter(condition).order_by("pk")
    assert [parcels.index(parcel) for parcel in queryset] == expected
    assert [parcels.index(parcel) for parcel in in_memory(queryset)] == expected


@pytest.mark.parametrize("name", [name for name in VALUES if name != "sizes"])
def test_items_of_every_kind_are_found(name: str) -> None:
    parcel = Parcel.objects.create(**VALUES)
    queryset = Parcel.objects.filter(**{f"{name}__contains": VALUES[name][:1]})
    assert "Strategy: direct" in queryset.explain()
    assert queryset.get() == parcel
    assert in_memory(queryset).get() == parcel


def test_a_filter_across_a_relation(parcels: list[Parcel]) -> None:
    letter = Letter.objects.create(text="x")
    Parcel.objects.filter(pk=parcels[0].pk).update(letter=letter)
    assert Letter.objects.get(parcel__words__contains=["red"]) == letter
    assert not Letter.objects.exclude(parcel__words__contains=["red"]).exists()


@pytest.mark.parametrize("lookup", ["words", "words__exact", "words__icontains", "words__in", "words__gt", "words__0"])
def test_other_lookups_are_refused(lookup: str) -> None:
    with pytest.raises(FieldError, match="ArrayField"):
        Parcel.objects.filter(**{lookup: ["a"]})


def test_the_value_of_a_lookup_is_a_list() -> None:
    with pytest.raises(ValueError, match="The value of contains is a list of items, not 'red'"):
        Parcel.objects.filter(words__contains="red")


def test_values_that_the_column_cannot_hold_are_refused() -> None:
    with pytest.raises(DataError, match=r"shop\.Parcel\.words: Item 0: At most 40 characters"):
        Parcel.objects.create(words=["x" * 41])
    with pytest.raises(DataError, match=r"shop\.Parcel\.numbers: Item 1: An array cannot hold None"):
        Parcel.objects.create(numbers=[1, None])
    with pytest.raises(IntegrityError):
        Parcel.objects.create(numbers=None)
    with pytest.raises(DataError, match="operator"):
        Parcel.objects.update_or_create(
            defaults={"words": ['{"method": "toggle", "values": []}']}, pk=Parcel.objects.create().pk
        )


def test_validation_names_the_item() -> None:
    with pytest.raises(ValidationError) as info:
        Parcel(words=["a", "x" * 41]).full_clean()
    assert info.value.message_dict["words"][0].startswith("Item 2: Ensure this value has at most 40 characters")


def test_a_form_takes_an_item_a_line() -> None:
    form_class = forms.modelform_factory(Parcel, fields=["words", "numbers"])
    parcel = Parcel.objects.create(words=["a", "b"], numbers=[1])
    form = form_class({"words": "a\r\n\r\n c ", "numbers": "1"}, instance=parcel)
    assert ">\na\nb</textarea>" in str(form_class(instance=parcel)["words"])
    assert form.changed_data == ["words"]
    form.save()
    assert Parcel.objects.get().words == ["a", "c"]
    assert form_class({"numbers": "1\nx"}).errors["numbers"] == ["Item 2: Enter a whole number."]


def test_a_dump_is_loaded_again() -> None:
    parcel = Parcel.objects.create(**VALUES)
    text = serializers.serialize("json", [parcel])
    parcel.delete()
    for loaded in serializers.deserialize("json", text):
        loaded.save()
    assert values_of(Parcel.objects.get()) == VALUES


def test_a_column_is_added_to_rows() -> None:
    parcel = Parcel.objects.create(words=["a"])
    field = Parcel._meta.get_field("words")
    with connection.schema_editor() as editor:
        editor.remove_field(Parcel, field)
    with connection.schema_editor() as editor:
        editor.add_field(Parcel, field)
    assert Parcel.objects.get(pk=parcel.pk).words == []


def test_it_is_written_into_migrations() -> None:
    text, imports = MigrationWriter.serialize(ArrayField(models.CharField(max_length=5), default=list))
    assert text == ("django_appwrite_orm.models.ArrayField(base_field=models.CharField(max_length=5), default=list)")
    assert imports == {"import django_appwrite_orm.models", "from django.db import models"}


@pytest.mark.parametrize(
    ("field", "id", "message"),
    [
        (ArrayField(models.TextField(), null=True), "E113", "no list that is null"),
        (ArrayField(models.TextField(), db_index=True), "E113", "no indexes over lists"),
        (ArrayField(models.TextField(), default=[]), "E113", "one list for all instances"),
        (ArrayField(models.JSONField()), "E104", "cannot hold a JSONField"),
        (ArrayField(models.DecimalField(max_digits=4, decimal_places=1)), "E104", "cannot hold a DecimalField"),
        (ArrayField(ArrayField(models.TextField())), "E104", "cannot hold a ArrayField"),
        (ArrayField(models.ForeignKey(Letter, models.CASCADE)), "E104", "cannot hold a ForeignKey"),
    ],
)
def test_check_refuses_what_no_list_can_be(field: ArrayField, id: str, message: str) -> None:
    with isolate_apps("tests.backend.shop"):
        model = type("Box", (models.Model,), {"items": field, "__module__": "tests.backend.shop.models"})
        problems = model.check(databases=["default"])
    assert [(problem.id, message in problem.msg) for problem in problems] == [(f"appwrite.{id}", True)]
