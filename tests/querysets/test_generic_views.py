"""Django's Paginator, generic views, shortcuts and choice fields, over tables and querysets."""

from __future__ import annotations

import pytest
from django import forms
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_list_or_404
from django.utils.inspect import method_has_no_args
from django.views.generic import DetailView, ListView

from tests.support.books import titles
from tests.support.costs import counted
from tests.support.library.tables import Book

pytestmark = pytest.mark.usefixtures("six_books")


def test_a_paginator_counts_and_reads_one_page() -> None:
    """Not the whole table, as it does where count() shows parameters."""
    pages = Paginator(Book.objects.order_by("title"), 4)
    with counted() as costs:
        assert (pages.count, pages.num_pages) == (6, 2)
        assert titles(pages.page(2)) == ["Emma", "Howl"]
    assert len(costs.requests) == 2
    assert method_has_no_args(Book.objects.all().acount)  # what AsyncPaginator asks
    with pytest.raises(TypeError, match="unexpected keyword argument 'most'"):
        Book.objects.all().count(most=3)  # type: ignore[call-arg]


def test_list_view(rf) -> None:
    class Books(ListView):
        queryset = Book.objects.order_by("title")
        paginate_by = 4

    shown = Books.as_view()(rf.get("/", {"page": 2}))
    assert titles(shown.context_data["book_list"]) == ["Emma", "Howl"]
    assert shown.template_name == ["library/book_list.html"]
    shown = ListView.as_view(model=Book, template_name="books.html")(rf.get("/"))
    assert (len(shown.context_data["object_list"]), shown.template_name[0]) == (6, "books.html")


def test_detail_view_and_get_object_or_404(rf) -> None:
    view = DetailView.as_view(model=Book, template_name="book.html")
    assert view(rf.get("/"), pk="dune").context_data["object"].title == "Dune"
    with pytest.raises(Http404, match="No book found"):
        view(rf.get("/"), pk="nobody")


def test_get_list_or_404() -> None:
    assert titles(get_list_or_404(Book, genre="novel")) == ["Dune", "Emma"]
    with pytest.raises(Http404, match="No Book matches the given query"):
        get_list_or_404(Book.objects.filter(price=3), genre="novel")


class Shelf(forms.Form):
    first = forms.ModelChoiceField(queryset=Book.objects.order_by("title"))
    others = forms.ModelMultipleChoiceField(queryset=Book.objects.filter(genre="novel"), required=False)


def test_choices_of_a_form_field() -> None:
    with counted() as costs:
        shown = str(Shelf(initial={"first": Book.objects.get(pk="dune")})["first"])
    assert shown.count("<option") == 7
    assert '<option value="dune" selected>dune</option>' in shown
    assert len(costs.requests) == 2
    form = Shelf({"first": "howl", "others": ["dune", "emma"]})
    assert form.is_valid()
    assert (form.cleaned_data["first"].title, titles(form.cleaned_data["others"])) == ("Howl", ["Dune", "Emma"])
    assert set(Shelf({"first": "a/b", "others": ["dune", "howl"]}).errors) == {"first", "others"}
