"""Generic views that do for models what they do not for tables."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest
from django import forms
from django.test import override_settings
from django.urls import include, path
from django.views.generic import CreateView, DetailView, ListView, UpdateView

from django_appwrite_orm.checks import check_views
from tests.support.costs import counted
from tests.support.library.tables import Book


class Detail(DetailView):
    model = Book


class Named(Detail):
    context_object_name = "book"


class OwnName(Detail):
    def get_context_object_name(self, obj: Any) -> str:
        return "book"


class Create(CreateView):
    model = Book
    fields = ["title"]


def found(monkeypatch: pytest.MonkeyPatch, *patterns: Any) -> list[tuple[str | None, str, str]]:
    module = ModuleType("views_urls")
    module.urlpatterns = list(patterns)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "views_urls", module)
    with override_settings(ROOT_URLCONF="views_urls"), counted() as costs:
        messages = check_views()
    assert costs.requests == costs.cache == []
    assert all(message.hint for message in messages)
    return [(message.id, message.msg, str(message.obj)) for message in messages]


def test_a_row_without_a_name_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    views = [path("a", Detail.as_view()), path("b", include([path("c", Detail.as_view())]))]
    by_queryset = DetailView.as_view(queryset=Book.objects.filter(price__gt=1))
    messages = found(monkeypatch, *views, path("d", by_queryset))
    assert [id for id, _, _ in messages] == ["appwrite_orm.W060", "appwrite_orm.W060"]
    assert messages[0][1:] == (
        "The view's template has the row of library.Book only as {{ object }}.",
        f"{__name__}.Detail",
    )


def test_a_form_of_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    update = UpdateView.as_view(model=Book, fields=["title"], context_object_name="book")
    assert [id for id, _, _ in found(monkeypatch, path("u", update))] == ["appwrite_orm.E060"]
    own_form = CreateView.as_view(model=Book, form_class=forms.Form, context_object_name="book")
    assert found(monkeypatch, path("o", own_form)) == []


def test_a_create_view_shows_no_row_that_lacks_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [id for id, _, _ in found(monkeypatch, path("c", Create.as_view()))] == ["appwrite_orm.E060"]


def test_views_that_are_right(monkeypatch: pytest.MonkeyPatch) -> None:
    right = [Named.as_view(), OwnName.as_view(), Detail.as_view(context_object_name="one"), lambda request: None]
    right += [ListView.as_view(model=Book), DetailView.as_view(template_name="x.html")]
    assert found(monkeypatch, *(path(str(n), view) for n, view in enumerate(right))) == []
