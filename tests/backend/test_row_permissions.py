"""`RowPermissions`: the permissions of single rows, read and written by models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.core import serializers
from django.core.checks import run_checks
from django.db import DataError, NotSupportedError, connection, models, transaction
from django.db.migrations.state import ModelState
from django.test.utils import isolate_apps

from django_appwrite_orm import Permission, Role
from django_appwrite_orm.connection import connections
from django_appwrite_orm.models import RowPermissions
from django_appwrite_orm.plans import GetRow, TableRef
from django_appwrite_orm.sansio import run_sync
from tests.support.costs import counted

pytestmark = pytest.mark.usefixtures("shop")

ANY, ADA, BOB = Permission.read(Role.any()), Permission.read(Role.user("ada")), Permission.update(Role.user("bob"))


@pytest.fixture(scope="module")
def classes() -> Iterator[Any]:
    with isolate_apps("tests.backend.shop"):

        class Diary(RowPermissions):
            text = models.CharField(max_length=100, default="")
            pages = models.IntegerField(default=0)

            class Meta:
                app_label = "shop"

            class Appwrite:
                row_security = True

        class Secret(Diary):
            key = models.CharField(max_length=10, default="")

            class Meta:
                app_label = "shop"

        yield Diary, Secret


@pytest.fixture
def diary(classes: Any, shop: None) -> Any:
    with connection.schema_editor() as editor:
        for model in classes:
            editor.create_model(model)
    return classes[0]


def stored(instance: Any, model: Any = None) -> list[str]:
    """Return the permissions that the row has on the server."""
    appwrite = connections["default"]
    ref = TableRef(appwrite.settings.database_id, (model or type(instance))._meta.db_table)
    row = run_sync(appwrite.follow(GetRow(ref, f"{instance.pk:019d}").fetch()))
    return row.data["$permissions"]


def test_a_new_row_has_its_permissions_by_the_same_request(diary: Any) -> None:
    with counted() as costs:
        page = diary.objects.create(text="a", permissions=[ANY, BOB])
    assert len(costs.requests) == 1
    assert stored(page) == page.permissions == [ANY, BOB]
    assert stored(diary.objects.create()) == []


def test_a_saved_row_changes_them_by_the_same_request(diary: Any) -> None:
    page = diary.objects.create(text="a", permissions=[ANY])
    page.text, page.permissions = "b", [ADA]
    with counted() as costs:
        page.save()
    assert len(costs.requests) == 1
    assert stored(page) == [ADA]
    assert diary.objects.get().text == "b"
    page.permissions = []
    page.save(update_fields=["text"])
    assert stored(page) == page.permissions == []


def test_a_save_without_new_ones_keeps_them(diary: Any) -> None:
    page = diary.objects.create(permissions=[ANY])
    page.text = "b"
    page.save()
    diary.objects.update(pages=4)
    assert stored(page) == [ANY]


def test_reading_them_after_the_row_sends_no_request(diary: Any) -> None:
    page = diary.objects.create(permissions=[ANY])
    page = diary.objects.get(pk=page.pk)
    with counted() as costs:
        assert page.permissions == [ANY]
    assert costs.requests == []
    with counted() as costs:
        assert [page.permissions for page in diary.objects.all()] == [[ANY]]
    assert len(costs.requests) == 1  # the list; the row is in the cache


def test_the_list_is_a_copy(diary: Any) -> None:
    own = [ANY]
    page = diary(permissions=own)
    own.append(ADA)
    page.permissions.append(ADA)
    assert page.permissions == [ANY]
    page.save()
    page.permissions.append(ADA)
    assert page.permissions == [ANY]


def test_rows_that_are_created_together_have_them(diary: Any) -> None:
    diary.objects.bulk_create([diary(text="a", permissions=[ADA]), diary(text="b"), diary(text="c", permissions=[])])
    assert [page.permissions for page in diary.objects.order_by("text")] == [[ADA], [], []]


def test_a_block_sees_and_writes_them(diary: Any) -> None:
    page = diary.objects.create(permissions=[ANY])
    with transaction.atomic():
        page.permissions = [ADA]
        page.save()
        assert page.permissions == diary.objects.get().permissions == [ADA]
        new = diary.objects.create(text="new", permissions=[BOB])
        assert diary.objects.get(text="new").permissions == [BOB]
        assert diary.objects.create(text="none").permissions == []
        assert stored(page) == [ANY]
    assert (stored(page), stored(new)) == ([ADA], [BOB])


def test_a_block_writes_row_and_permissions_as_one_change(diary: Any) -> None:
    page = diary.objects.create()
    with counted() as costs, transaction.atomic():
        page.text = "b"
        page.save()
        page.permissions = [ADA]
        page.save()
    assert [request.split()[0] for request in costs.requests if not request.startswith("GET")] == ["PATCH"]
    assert (stored(page), diary.objects.get().text) == ([ADA], "b")


def test_a_block_that_is_rolled_back_writes_none(diary: Any) -> None:
    page = diary.objects.create(permissions=[ANY])
    page.permissions = [ADA]
    with transaction.atomic():
        page.save()
        transaction.set_rollback(True)
    page.refresh_from_db()
    assert page.permissions == [ANY]


def test_expressions_and_managers_with_conditions_keep_them_with_the_row(diary: Any) -> None:
    page = diary.objects.create(pages=2, permissions=[ANY])
    page.pages, page.permissions = models.F("pages") * 2, [ADA]
    page.save()
    page.refresh_from_db()
    assert (page.pages, stored(page)) == (4, [ADA])
    page.pages, page.permissions = models.F("pages") + 1, [BOB]
    page.save()
    page.refresh_from_db()
    assert (page.pages, stored(page)) == (5, [BOB])
    rows = diary._base_manager.filter(pages__gt=1)
    page.permissions = [ANY]
    assert page._do_update(rows, "default", page.pk, [], None, False, *([[]] if page_takes_returning() else []))
    assert stored(page) == [ANY]


def page_takes_returning() -> bool:
    return "returning_fields" in models.Model._do_update.__code__.co_varnames


def test_both_rows_of_a_child_have_them(diary: Any, classes: Any) -> None:
    secret = classes[1].objects.create(text="a", key="k", permissions=[ADA])
    assert (stored(secret), stored(secret, diary)) == ([ADA], [ADA])
    secret.permissions = [BOB]
    secret.save()
    assert (stored(secret), stored(secret, diary), secret.permissions) == ([BOB], [BOB], [BOB])


def test_get_or_create_and_update_or_create_take_them(diary: Any) -> None:
    page, _ = diary.objects.get_or_create(text="a", defaults={"permissions": [ANY]})
    assert stored(page) == [ANY]
    page, created = diary.objects.update_or_create(text="a", defaults={"permissions": [ADA]})
    assert (created, stored(page)) == (False, [ADA])


def test_refresh_from_db_forgets_them(diary: Any) -> None:
    page = diary.objects.create(permissions=[ANY])
    other = diary.objects.get()
    assert page.permissions == [ANY]
    other.permissions = [ADA]
    other.save()
    assert page.permissions == [ANY]
    page.refresh_from_db(fields=["text"])
    assert page.permissions == [ANY]
    page.refresh_from_db()
    assert page.permissions == [ADA]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["read"], "'read' is not a permission"),
        (['create("any")'], "allows 'create'"),
        (['read("everybody")'], "'everybody', which is not a role"),
        ([ANY] * 101, "There are 101 permissions; Appwrite allows 100"),
    ],
)
def test_wrong_ones_are_an_error_that_names_them(diary: Any, wrong: list[str], message: str) -> None:
    with pytest.raises(DataError, match=f"Diary.permissions: .*{message}"):
        diary.objects.create(permissions=wrong)
    page = diary.objects.create()
    page.permissions = wrong
    with pytest.raises(DataError, match=message):
        page.save()
    with pytest.raises(TypeError, match="assign a list"):
        page.permissions = ANY


def test_the_permissions_of_a_row_that_is_gone(diary: Any) -> None:
    page, again = diary.objects.create(), diary.objects.get()
    page.delete()
    with pytest.raises(diary.DoesNotExist):
        _ = again.permissions


def test_they_are_no_field(diary: Any) -> None:
    page = diary.objects.create(permissions=[ADA])
    assert "permissions" not in forms.modelform_factory(diary, fields="__all__").base_fields
    assert "ada" not in serializers.serialize("json", [page])
    assert "permissions" not in diary.objects.values().get()
    state = ModelState.from_model(diary)
    assert "permissions" not in state.fields
    assert state.bases == (models.Model,)


@isolate_apps("tests.backend.shop")
def test_checks_report_another_database_and_a_field_of_the_name() -> None:
    class Clash(RowPermissions):
        permissions = models.TextField()

        class Meta:
            app_label = "shop"

    assert [problem.id for problem in Clash.check(databases=["default"])] == ["appwrite.E116"]
    assert not [problem for problem in run_checks() if problem.id == "appwrite.E116"]


def test_another_database_refuses_them(diary: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    page = diary.objects.create(permissions=[ANY])
    monkeypatch.setattr(type(connection._connections["default"]), "vendor", "sqlite")
    with pytest.raises(NotSupportedError, match="'default' is not on Appwrite"):
        _ = page.permissions
    page.permissions = [ADA]
    with pytest.raises(NotSupportedError, match="keeps no permissions"):
        page.save()
