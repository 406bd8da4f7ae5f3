"""`created_at` and `updated_at` as Appwrite keeps them."""

from __future__ import annotations

import datetime
import time

import django
import pytest
from django import forms
from django.core import serializers
from django.db import NotSupportedError, connection, models, transaction
from django.db.migrations.writer import MigrationWriter
from django.test.utils import isolate_apps

from django_appwrite_orm.backend.fields import CreatedAtField, UpdatedAtField
from django_appwrite_orm.backend.model_table import table_of
from django_appwrite_orm.models import SystemFields
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import read_tables
from tests.support.costs import counted

from .shop.models import Letter

pytestmark = pytest.mark.usefixtures("shop")


def moments(letter: Letter) -> tuple[datetime.datetime, datetime.datetime]:
    """Return the two values as the server has them."""
    ((created, updated),) = Letter.objects.filter(pk=letter.pk).values_list("created_at", "updated_at")
    return created, updated


def wait_for_the_next_millisecond() -> None:
    now = time.time_ns() // 1_000_000
    while time.time_ns() // 1_000_000 == now:
        pass


def test_a_new_row_has_the_values_of_the_response() -> None:
    with counted() as costs:
        letter = Letter.objects.create(text="a")
        assert isinstance(letter.created_at, datetime.datetime)
    assert len(costs.requests) == 1
    assert letter.created_at.tzinfo is not None
    assert moments(letter) == (letter.created_at, letter.updated_at)


def test_rows_that_are_created_together_have_them_too() -> None:
    letters = Letter.objects.bulk_create([Letter(text="a"), Letter(text="b")])
    with counted() as costs:
        assert all(letter.created_at and letter.updated_at for letter in letters)
    # Django 5.2 opens a block for every bulk_create().
    assert len(costs.requests) == (0 if django.VERSION >= (6, 0) else 4)


def test_an_instance_that_is_not_saved_has_none() -> None:
    assert (Letter().created_at, Letter().updated_at) == (None, None)


def test_a_change_is_read_when_it_is_used() -> None:
    letter = Letter.objects.create(text="a")
    created, updated = letter.created_at, letter.updated_at
    letter.text = "b"
    wait_for_the_next_millisecond()
    with counted() as costs:
        letter.save()
    assert len(costs.requests) == 1
    assert letter.created_at == created
    with counted() as costs:
        assert letter.updated_at > updated
    assert len(costs.requests) == 1
    assert (created, letter.updated_at) == moments(letter)


def test_saving_twice_writes_all_fields() -> None:
    letter = Letter.objects.create(text="a")
    sent = []
    models.signals.post_save.connect(lambda update_fields, **kw: sent.append(update_fields), weak=False, sender=Letter,
                                     dispatch_uid="sent")  # fmt: skip
    try:
        letter.save()
        letter.save()
    finally:
        models.signals.post_save.disconnect(sender=Letter, dispatch_uid="sent")
    assert sent == [None, None]


def test_a_change_of_one_field_changes_the_moment() -> None:
    letter = Letter.objects.create(text="a")
    updated = letter.updated_at
    letter.text = "b"
    wait_for_the_next_millisecond()
    letter.save(update_fields=["text"])
    assert letter.updated_at > updated


def test_they_are_none_in_a_block_and_read_after_it() -> None:
    with transaction.atomic():
        letter = Letter.objects.create(text="a")
        many = Letter.objects.bulk_create([Letter(text="b"), Letter(text="c")])
        assert (letter.created_at, letter.updated_at) == (None, None)
        read = Letter.objects.get(pk=letter.pk)
        assert read.created_at is None
    assert moments(letter) == (letter.created_at, letter.updated_at)
    assert read.created_at == letter.created_at
    assert all(one.created_at for one in many)


def test_filters_and_orders() -> None:
    first = Letter.objects.create(text="a")
    wait_for_the_next_millisecond()
    second = Letter.objects.create(text="b")
    wait_for_the_next_millisecond()
    Letter.objects.filter(pk=first.pk).update(text="c")
    letters = Letter.objects.all()
    assert list(letters.order_by("-updated_at")) == [first, second]
    assert list(letters.filter(created_at__gt=first.created_at)) == [second]
    assert list(letters.filter(created_at=second.created_at)) == [second]
    assert letters.exclude(created_at__lte=first.created_at).get() == second
    assert not letters.filter(created_at__isnull=True).exists()
    assert "direct" in letters.filter(created_at__gt=first.created_at).order_by("created_at").explain()


def test_queries_in_memory() -> None:
    letter = Letter.objects.create(text="a")
    assert Letter.objects.aggregate(last=models.Max("created_at")) == {"last": letter.created_at}
    assert list(Letter.objects.dates("created_at", "year")) == [letter.created_at.date().replace(month=1, day=1)]
    with transaction.atomic():
        Letter.objects.create(text="b")
        assert Letter.objects.order_by("-created_at").values_list("text", flat=True)[0] == "a"


def test_a_value_of_ours_is_never_sent() -> None:
    moment = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
    letter = Letter.objects.create(text="a", created_at=moment)
    assert letter.created_at != moment
    letter.created_at = moment
    letter.save()
    assert moments(letter)[0] != moment


def test_they_are_no_columns_of_the_table() -> None:
    tables = run_sync(read_tables(connection.appwrite))  # type: ignore[attr-defined]
    assert tables is not None
    table = tables[table_of(Letter)._meta.id]
    assert list(table.columns) == ["text"]
    assert table.indexes["text_created"].columns == ("text", "$createdAt")


def test_migrations_add_and_remove_them_without_a_change() -> None:
    with counted() as costs, connection.schema_editor() as editor:
        editor.add_field(Letter, Letter._meta.get_field("created_at"))
        editor.remove_field(Letter, Letter._meta.get_field("created_at"))
    assert costs.requests == []
    other = models.DateTimeField(null=True)
    other.set_attributes_from_name("created_at")
    other.model = Letter
    with pytest.raises(NotSupportedError, match=r"Appwrite keeps \$createdAt itself"), connection.schema_editor() as e:
        e.alter_field(Letter, Letter._meta.get_field("created_at"), other)


@pytest.mark.parametrize("made", [CreatedAtField(), UpdatedAtField(verbose_name="changed")])
def test_fields_are_written_into_migrations(made: models.Field) -> None:
    text, _ = MigrationWriter.serialize(made)
    assert text.startswith(f"django_appwrite_orm.backend.fields.system.{type(made).__name__}(")
    assert "null" not in text
    assert made.clone().deconstruct()[1:] == made.deconstruct()[1:]


def test_forms_and_dumps_leave_them_out() -> None:
    form = forms.modelform_factory(Letter, fields="__all__")
    assert list(form.base_fields) == ["text"]
    letter = Letter.objects.create(text="a")
    text = serializers.serialize("json", [letter])
    wait_for_the_next_millisecond()
    assert "created_at" not in text
    Letter.objects.all().delete()
    for loaded in serializers.deserialize("json", text):
        loaded.save()
    assert Letter.objects.get(pk=letter.pk).created_at > letter.created_at
    letter.full_clean()


def test_check_refuses_them_on_another_database(monkeypatch: pytest.MonkeyPatch) -> None:
    with isolate_apps("tests.backend.shop"):

        class Card(SystemFields):
            class Meta:
                app_label = "shop"

        assert Card.check(databases=["default"]) == []
        monkeypatch.setattr(type(connection._connections["default"]), "vendor", "sqlite")  # type: ignore[attr-defined]
        problems = Card.check(databases=["default"])
    assert [problem.id for problem in problems] == ["appwrite.E111", "appwrite.E111"]
