"""Counts, aggregates and groups, and what they cost."""

from __future__ import annotations

import pytest
from django.core.exceptions import FieldError
from django.db.models import Avg, Count, F, Max, Min, Q, StdDev, Sum, Variance

from django_appwrite_orm.connection import connections
from django_appwrite_orm.exceptions import NotSupportedError
from django_appwrite_orm.sansio import run_sync
from tests.support.costs import counted
from tests.support.library.tables import Book, Everything


@pytest.mark.usefixtures("shelf")
class TestNumbers:
    def test_aggregates(self) -> None:
        found = Book.objects.aggregate(
            Sum("pages"),
            Avg("price"),
            Min("title"),
            Max("price"),
            StdDev("price"),
            rows=Count("*"),
            told=Count("pages"),
        )
        assert found == {
            "pages__sum": 967,
            "price__avg": 5.625,
            "title__min": "Ariel",
            "price__max": 9.5,
            "price__stddev": pytest.approx(2.4843258),
            "rows": 4,
            "told": 3,
        }
        assert Book.objects.filter(price__gt=99).aggregate(a=Sum("price"), b=Sum("price", default=0), c=Count("*")) == {
            "a": None,
            "b": 0,
            "c": 0,
        }
        assert Book.objects.aggregate(n=Count("genre", distinct=True)) == {"n": 2}
        assert Book.objects.aggregate(v=Variance("price", sample=True)) == {"v": pytest.approx(8.2291667)}
        assert Book.objects.order_by("price")[:2].aggregate(Sum("price"), n=Count("*"), top=Max("price")) == {
            "price__sum": 7.0,
            "n": 2,
            "top": 4.0,
        }

    def test_requests_of_aggregates(self) -> None:
        run_sync(connections["default"].features())  # the version is asked once in a process
        with counted() as costs:
            Book.objects.aggregate(Min("title"), Max("price"), n=Count("*"))
        assert len(costs.requests) == 3
        with counted() as costs:
            Book.objects.aggregate(Sum("price"), Avg("price"), StdDev("pages"))
        assert len(costs.requests) == 1

    def test_groups(self) -> None:
        groups = Book.objects.values("genre").annotate(n=Count("*"), mean=Avg("price"), most=Max("pages"))
        expected = [
            {"genre": "novel", "n": 2, "mean": 6.75, "most": 474},
            {"genre": "poetry", "n": 2, "mean": 4.5, "most": 81},
        ]
        assert list(groups) == expected
        by_genre = Book.objects.filter(price__gt=3).order_by("-genre").values("genre").annotate(n=Count("*"))
        assert list(by_genre) == [{"genre": "poetry", "n": 1}, {"genre": "novel", "n": 2}]

    def test_groups_are_read_once(self) -> None:
        groups = Book.objects.uncached().values("genre").annotate(n=Count("*"))
        run_sync(connections["default"].features())
        with counted() as costs:
            assert list(groups) == list(groups)
            assert len(groups) == len(list(groups.order_by("n"))) == 2
        assert len(costs.requests) == 1

    def test_groups_in_order(self) -> None:
        groups = Book.objects.values("genre").annotate(n=Count("*"), most=Max("price"))
        assert [group["genre"] for group in groups.order_by("-most")] == ["novel", "poetry"]
        assert [group["genre"] for group in groups.order_by("n", "most")] == ["poetry", "novel"]
        assert groups.order_by("most")[0]["genre"] == "poetry"
        assert [group["genre"] for group in groups.order_by("-most")[:1]] == ["novel"]
        assert len(groups) == 2
        by_pages = Book.objects.values("pages").annotate(n=Count("*"))
        pages = [group["pages"] for group in by_pages.order_by("pages")]
        assert pages == sorted(pages, key=lambda value: (value is not None, value))
        assert [group["pages"] for group in by_pages.order_by("-pages")] == pages[::-1]
        with pytest.raises(NotSupportedError, match=r"order_by\('genre'\)\.values"):
            groups.order_by("genre")
        with pytest.raises(FieldError, match=r"no 'prize'\. They have: genre, n, most"):
            groups.order_by("-prize")

    def test_unsupported_aggregates_are_refused_before_any_request(self) -> None:
        with counted() as costs:
            for wrong in (lambda: Book.objects.aggregate(Sum("title")), lambda: Book.objects.aggregate(Count("tags"))):
                with pytest.raises(FieldError, match=r"Book\.(title is not a number|tags is an array)"):
                    wrong()
            with pytest.raises(FieldError, match="no column 'prize'"):
                Book.objects.aggregate(Sum("prize"))
            with pytest.raises(TypeError, match="expected one of Avg"):
                Book.objects.aggregate(n=3)
            with pytest.raises(NotSupportedError, match="CombinedExpression"):
                Book.objects.aggregate(n=Sum(F("price") * 2))
            with pytest.raises(NotSupportedError, match="filter the queryset"):
                Book.objects.aggregate(n=Count("id", filter=Q(price=1)))
            with pytest.raises(NotSupportedError, match="orders text"):
                Book.objects.all()[:2].aggregate(Min("title"))
            with pytest.raises(TypeError, match="needs columns to group by"):
                Book.objects.annotate(n=Count("*"))
            with pytest.raises(ValueError, match="Use another name"):
                Book.objects.values("genre").annotate(genre=Count("*"))
            with pytest.raises(TypeError, match="tags is an array"):
                Book.objects.values("tags").annotate(n=Count("*"))
        assert costs.requests == []

    def test_a_capped_count(self) -> None:
        assert [Book.objects.count(cap=cap) for cap in (1, 3, 4, 9)] == [1, 3, 4, 4]
        rows = Book.objects.all()
        assert len(rows) == 4
        assert rows.count(cap=2) == 2
        for wrong in (0, -1, True, 1.5):
            with pytest.raises(ValueError, match="cap must be"):
                Book.objects.count(cap=wrong)


@pytest.mark.slow
def test_a_capped_count_stops_at_its_cap(library: None) -> None:
    Everything.objects.bulk_create([Everything(integer=0) for _ in range(5100)])
    with counted() as costs:
        assert Everything.objects.count(cap=5000) == 5000
        assert Everything.objects.all()[:5000].uncached().count() == 5000
        assert Everything.objects.count(cap=10_000) == 5100
    assert len(costs.requests) == 4
