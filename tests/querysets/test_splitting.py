"""Questions with more values than one request can hold, and what they cost."""

from __future__ import annotations

import datetime

import pytest
from django.db.models import Q

from django_appwrite_orm import columns
from django_appwrite_orm.exceptions import NotSupportedError
from tests.support.costs import counted
from tests.support.library.tables import Reader
from tests.support.migrations import migrated, table

# 1,200 whole numbers of eight digits: three queries of 4,096 characters.
FIRST = 10_000_000
MANY = range(FIRST, FIRST + 1200)


@pytest.fixture
def readers(library: None) -> None:
    Reader.objects.bulk_create([Reader(name=f"r{n}", score=FIRST + n * 40) for n in range(40)])


def scores(rows) -> list[int]:
    return [reader.score for reader in rows]


@pytest.mark.usefixtures("readers")
class TestManyValues:
    def test_several_requests_give_one_result(self) -> None:
        expected = list(range(FIRST, FIRST + 1200, 40))
        with counted() as costs:
            assert scores(Reader.objects.filter(score__in=MANY)) == expected
        assert len(costs.requests) == 3
        rows = Reader.objects.filter(score__in=MANY).order_by("-score")
        with counted() as costs:
            assert scores(rows) == expected[::-1]
            assert scores(rows.all()[5:9]) == expected[::-1][5:9]
            assert rows.first().score == expected[-1]
        assert len(costs.requests) == 9

    def test_an_order_by_a_kind_that_python_orders_is_kept(self) -> None:
        days = [datetime.date(2024, month, 1) for month in (3, 1, 2)]
        made = table(score=columns.Integer(), day=columns.Date())
        migrated(made)
        for day, score in zip(days, (MANY[0], MANY[-1], MANY[1]), strict=True):
            made.objects.create(score=score, day=day)
        with counted() as costs:
            rows = list(made.objects.filter(score__in=MANY).order_by("-day"))
        assert len(costs.requests) == 3
        assert [row.day for row in rows] == sorted(days, reverse=True)

    def test_counts_of_many_values(self) -> None:
        rows = Reader.objects.filter(score__in=MANY)
        with counted() as costs:
            assert rows.count() == 30
        assert len(costs.requests) == 3
        assert rows.exists()
        assert not Reader.objects.filter(score__in=range(1, 2000)).exists()
        assert rows.filter(name__in=["r1", "r2", "r39"]).count() == 2

    def test_more_values_than_500_in_one_request(self) -> None:
        with counted() as costs:
            assert Reader.objects.filter(score__in=range(700)).count() == 0
        assert len(costs.requests) == 1

    def test_excluding_many_values_takes_one_request_or_is_refused(self) -> None:
        """Every one of the values has to stand in the same URL."""
        with counted() as costs:
            assert len(Reader.objects.exclude(score__in=range(FIRST, FIRST + 200))) == 35
            assert Reader.objects.filter(*[~Q(score=FIRST + n) for n in range(120)]).count() == 37
            with pytest.raises(NotSupportedError, match=r"bytes .*in a URL \(HEAD_LIMIT\)"):
                len(Reader.objects.exclude(score__in=MANY))
        assert len(costs.requests) == 2

    def test_a_row_that_several_requests_find_comes_once(self) -> None:
        names = [f"{'r' if n % 2 else 'R'}{n % 40}{' ' * (n // 40)}" for n in range(2000)]
        rows = Reader.objects.filter(name__in=names)
        assert scores(rows) == scores(Reader.objects.all())
        assert rows.count() == 40
        either = Reader.objects.filter(Q(score__in=MANY) | Q(name__startswith="r"))
        assert (len(either), either.count()) == (40, 40)

    def test_updates_and_deletes_of_many_values(self) -> None:
        with counted() as costs:
            # Every row that is set to a value of another request's would be counted and changed again.
            assert Reader.objects.filter(score__in=MANY).update(score=FIRST + 1199) == 30
        assert len(costs.requests) == 4
        assert Reader.objects.filter(score__in=MANY).delete()[0] == 30
        assert Reader.objects.count() == 10

    @pytest.mark.slow
    def test_queries_that_cannot_be_split_are_refused(self) -> None:
        with counted() as costs:
            with pytest.raises(NotSupportedError, match="only Appwrite knows how its database orders text"):
                list(Reader.objects.filter(score__in=MANY).order_by("name"))
            with pytest.raises(NotSupportedError, match="the order by random"):
                list(Reader.objects.filter(score__in=MANY).order_by("?")[:3])
            with pytest.raises(NotSupportedError, match="more than 1000 requests"):
                list(
                    Reader.objects.filter(
                        score__in=range(10**9, 10**9 + 20000), sequence__in=range(10**6, 10**6 + 20000)
                    )
                )
            with pytest.raises(NotSupportedError, match="value may have at most 4096 characters"):
                Reader.objects.filter(notes__contains="x" * 4096)
        assert costs.requests == []
