"""Changes that start from the stored value."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal

import numpy as np
import pytest
from appwrite.operator import Condition, Operator
from django.core.exceptions import ValidationError
from django.db.models import F, Value
from django.db.models.functions import Concat, Now, Upper

from django_appwrite_orm.querysets import Apply
from tests.support.costs import counted
from tests.support.interleaving import in_threads
from tests.support.library.tables import Book, Everything, Reader

pytestmark = pytest.mark.usefixtures("library")


class TestExpressions:
    def test_expressions_start_from_the_stored_value(self) -> None:
        book = Book.objects.create(title="Dune", price=9, pages=400, tags=["sf"], lent=False)
        Book.objects.update(
            price=F("price") * 2,
            pages=F("pages") - 88,
            title=F("title") + " II",
            lent=~F("lent"),
            added=Now(),
            tags=Apply(Operator.array_append(["new"])),
        )
        fresh = Book.objects.get(pk=book.pk)
        assert (fresh.price, fresh.pages, fresh.title, fresh.lent, fresh.tags) == (
            18,
            312,
            "Dune II",
            True,
            ["sf", "new"],
        )
        assert abs(fresh.added - datetime.datetime.now(datetime.UTC)) < datetime.timedelta(minutes=1)
        for expression, pages in (
            (F("pages") + 8, 320),
            (10 + F("pages"), 330),
            (F("pages") / 3, 110),
            (F("pages") % 100, 10),
            (F("pages") ** 2, 100),
            (F("pages") - (-5), 105),
            (Apply(Operator.increment(1000, 200)), 200),
        ):
            Book.objects.update(pages=expression)
            assert Book.objects.get(pk=book.pk).pages == pages

    def test_a_constant_may_be_a_number_of_another_type(self) -> None:
        book = Book.objects.create(title="Dune", price=9, pages=400)
        Book.objects.update(pages=F("pages") - np.int64(88), price=F("price") * Decimal("1.5"))
        fresh = Book.objects.get(pk=book.pk)
        assert (fresh.pages, fresh.price) == (312, 13.5)
        with pytest.raises(ValidationError, match="Expected a whole number"):
            Book.objects.update(pages=F("pages") + Decimal("0.5"))

    def test_arithmetic_counts_null_as_zero(self) -> None:
        """Unlike in SQL, where it stays null; docs/reference/queries.md says so."""
        book = Book.objects.create(title="Dune", price=9)
        Book.objects.update(pages=F("pages") + 1)
        assert Book.objects.get(pk=book.pk).pages == 1

    def test_text_is_joined_at_its_end(self) -> None:
        book = Book.objects.create(title="Dune", price=9)
        for expression, title in (
            (Concat("title", Value(" II")), "Dune II"),
            (Concat(F("title"), Value(", "), Value("again"), Value("!")), "Dune II, again!"),
            (F("title") + "?", "Dune II, again!?"),
            (Apply(Operator.string_replace("again", "once more")), "Dune II, once more!?"),
        ):
            Book.objects.update(title=expression)
            assert Book.objects.get(pk=book.pk).title == title
        reader = Reader.objects.create(name="Ada")
        Reader.objects.update(notes=Concat("notes", Value("first")))  # a null is the empty text, as in Django
        assert Reader.objects.get(pk=reader.pk).notes == "first"

    def test_arrays(self) -> None:
        book = Book.objects.create(title="Dune", price=9, tags=["a", "b"])
        for operator, tags in (
            (Operator.array_append(["c", "b"]), ["a", "b", "c", "b"]),
            (Operator.array_prepend(["z"]), ["z", "a", "b", "c", "b"]),
            (Operator.array_insert(1, "y"), ["z", "y", "a", "b", "c", "b"]),
            (Operator.array_unique(), ["a", "b", "c", "y", "z"]),  # a server sorts them
            (Operator.array_remove("y"), ["a", "b", "c", "z"]),
            (Operator.array_diff(["z"]), ["a", "b", "c"]),
            (Operator.array_intersect(["a", "b"]), ["a", "b"]),
            (Operator.array_filter(Condition.EQUAL, "a"), ["a"]),
        ):
            Book.objects.update(tags=Apply(operator))
            assert Book.objects.get(pk=book.pk).tags == tags

    def test_bounds(self) -> None:
        book = Book.objects.create(title="Dune", price=9, pages=5)
        for operator, pages in (
            (Operator.increment(10, 12), 12),
            (Operator.decrement(20, 3), 3),
            (Operator.multiply(10, 25), 25),
            (Operator.divide(100, 2), 2),
            (Operator.power(10, 50), 50),
        ):
            Book.objects.update(pages=Apply(operator))
            assert Book.objects.get(pk=book.pk).pages == pages

    def test_dates(self) -> None:
        day = datetime.timedelta(days=1)
        start = datetime.datetime(2024, 2, 28, tzinfo=datetime.UTC)
        book = Book.objects.create(title="Dune", price=9, added=start)
        Book.objects.update(added=Apply(Operator.date_add_days(2)))
        assert Book.objects.get(pk=book.pk).added == start + 2 * day
        Book.objects.update(added=Apply(Operator.date_sub_days(1)))
        assert Book.objects.get(pk=book.pk).added == start + day

    def test_expressions_in_a_save(self) -> None:
        book = Book.objects.create(title="Dune", price=9, pages=1)
        Book.objects.update(pages=5)
        book.pages = F("pages") + 1
        book.price = 3
        book.save()
        assert (book.pages, book.price) == (6, 3)
        assert Book.objects.get(pk=book.pk).pages == 6

    def test_increments_at_once_are_all_counted(self) -> None:
        book = Book.objects.create(title="Dune", price=9, pages=0)
        in_threads(8, lambda n: Book.objects.filter(pk=book.pk).update(pages=F("pages") + 1))
        assert Book.objects.get(pk=book.pk).pages == 8

    @pytest.mark.parametrize(
        ("values", "column"),
        [
            ({"pages": F("price") + 1}, "pages"),
            ({"pages": F("pages")}, "pages"),
            ({"pages": F("pages") + F("pages")}, "pages"),
            ({"pages": F("pages") + 1.5}, "pages"),
            ({"pages": F("pages") + True}, "pages"),
            ({"pages": F("pages") / 0}, "pages"),
            ({"price": F("price") * float("nan")}, "price"),
            ({"title": F("title") + 1}, "title"),
            ({"title": F("title") - Value("x")}, "title"),
            ({"title": Upper("title")}, "title"),
            ({"title": Concat(Value("x"), "title")}, "title"),
            ({"title": Concat("title", "genre")}, "title"),
            ({"title": Concat("title", Value(1))}, "title"),
            ({"pages": Concat("pages", Value("x"))}, "pages"),
            ({"tags": Concat("tags", Value("x"))}, "tags"),
            ({"title": Now()}, "title"),
            ({"tags": F("tags") + 1}, "tags"),
            ({"price": ~F("price")}, "price"),
        ],
    )
    def test_unsupported_expressions_are_refused(self, values: dict, column: str) -> None:
        with counted() as costs, pytest.raises(ValidationError) as refused:
            Book.objects.update(**values)
        assert set(refused.value.message_dict) == {column}
        assert costs.requests == []

    def test_bigints_are_not_counted_with(self) -> None:
        with pytest.raises(ValidationError, match="has no arithmetic for bigint"):
            Reader.objects.update(score=F("score") + 1)

    @pytest.mark.parametrize(
        "text", ["", "x", "{}", '{"method": "equal"}', '{"method": "increment", "values": 1}', None]
    )
    def test_apply_takes_operators_alone(self, text: object) -> None:
        with pytest.raises(ValueError, match="an operator of the SDK"):
            Apply(text)

    def test_text_of_the_form_of_an_operator_is_refused(self) -> None:
        book = Book.objects.create(title="Dune", price=9)
        text = Operator.string_concat("!")
        for change in (
            lambda: Book.objects.update(title=text),
            lambda: Book.objects.bulk_update([_set(book, text)], ["title"]),
            lambda: Book.objects.update_or_create(pk=book.pk, defaults={"title": text}),
        ):
            with pytest.raises(ValidationError, match="operator"):
                change()
        assert Book.objects.get(pk=book.pk).title == "Dune"
        # A create runs nothing: there the text is stored as it stands.
        assert Book.objects.create(title=text, price=1).title == text
        assert json.loads(text)["method"] == "stringConcat"


def _set(book: Book, title: str) -> Book:
    book.title = title
    return book


def test_a_refused_operator_leaves_the_row(settings) -> None:
    row = Everything.objects.create(integer=5, string="x" * 9)
    with pytest.raises(ValidationError, match=f"make row {row.pk!r} longer than 10"):
        Everything.objects.update(string=F("string") + "yy")
    assert Everything.objects.get(pk=row.pk).string == "x" * 9
