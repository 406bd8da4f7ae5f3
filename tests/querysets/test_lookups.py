"""Lookups, and how they combine."""

from __future__ import annotations

import datetime

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.db.models import Q

from django_appwrite_orm.exceptions import NotSupportedError
from tests.support.books import titles
from tests.support.costs import counted
from tests.support.library.tables import Book


@pytest.mark.usefixtures("six_books")
class TestFilters:
    @pytest.mark.parametrize(
        ("lookup", "expected"),
        [
            ({"title": "Dune"}, "Dune"),
            ({"title__exact": "Emma"}, "Emma"),
            ({"pk": "cosmos"}, "Cosmos"),
            ({"id__in": ["dune", "howl"]}, "Dune Howl"),
            ({"title__in": []}, ""),
            ({"title__in": ["Emma", None]}, "Emma"),
            ({"price__lt": 6}, "Emma Howl"),
            ({"price__lte": 6}, "Emma Howl Ariel"),
            ({"price__gt": 9.5}, "Cosmos"),
            ({"price__gte": "9.5"}, "Dune Cosmos"),
            ({"pages__range": (81, 365)}, "Cosmos Ariel Brief"),
            ({"pages__isnull": True}, "Howl"),
            ({"pages": None}, "Howl"),
            ({"genre__isnull": False}, "Dune Emma Cosmos Howl Ariel"),
            ({"title__contains": "m"}, "Emma Cosmos"),
            ({"title__icontains": "O"}, "Cosmos Howl"),
            ({"title__startswith": "co"}, "Cosmos"),
            ({"title__endswith": "E"}, "Dune"),
            ({"title__search": "dune"}, "Dune"),
            ({"tags__contains": "sf"}, "Dune Cosmos"),
            ({"tags__contains": ["sf", "space"]}, "Cosmos"),
            ({"tags__contains_any": ["love", "space"]}, "Emma Cosmos Ariel"),
            ({"tags__contains_any": []}, ""),
            ({"lent": "false", "genre": "novel"}, "Dune Emma"),
            ({"created_at__gt": "2020-01-01T00:00:00Z", "price": 3}, "Howl"),
            ({"created_at__lt": datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)}, ""),
            ({"sequence__gt": 4}, "Ariel Brief"),
        ],
    )
    def test_filter(self, lookup: dict, expected: str) -> None:
        assert titles(Book.objects.filter(**lookup)) == expected.split()
        everything = titles(Book.objects.all())
        assert titles(Book.objects.exclude(**lookup)) == [t for t in everything if t not in expected.split()]

    @pytest.mark.parametrize(
        ("lookup", "expected"),
        [
            ({"sequence__gt": 0}, 6),
            ({"sequence__gte": -3}, 6),
            ({"sequence__lt": 1}, 0),
            ({"sequence__lte": 0}, 0),
            ({"sequence": 0}, 0),
            ({"sequence__in": [0, -1]}, 0),
            ({"sequence__lte": 2**63 - 1}, 6),
            ({"sequence__gt": 2**63 - 1}, 0),
            ({"sequence__range": (-5, 2**63 - 1)}, 6),
            ({"sequence__range": (-5, 0)}, 0),
        ],
    )
    def test_sequences_that_no_row_has_are_not_sent(self, lookup: dict, expected: int) -> None:
        """Appwrite refuses them."""
        assert Book.objects.filter(**lookup).count() == expected
        assert Book.objects.exclude(**lookup).count() == 6 - expected
        asked = " ".join(map(str, (*Book.objects.filter(**lookup).filters, *Book.objects.exclude(**lookup).filters)))
        assert not any(f'"{value}"' in asked for value in (0, -1, -3, -5))

    def test_q_at_any_depth(self) -> None:
        cheap, short = Q(price__lt=5), Q(pages__lt=300)
        assert titles(Book.objects.filter(cheap | short)) == ["Emma", "Howl", "Ariel", "Brief"]
        assert titles(Book.objects.filter(cheap & short)) == []
        assert titles(Book.objects.filter(~(cheap | short))) == ["Dune", "Cosmos"]
        assert titles(Book.objects.filter(~(cheap & ~short))) == ["Dune", "Cosmos", "Ariel", "Brief"]
        assert titles(Book.objects.filter(~Q(~cheap))) == titles(Book.objects.filter(cheap))
        assert titles(Book.objects.filter(Q(pk__in=[]) | Q(title="Emma"))) == ["Emma"]
        assert titles(Book.objects.exclude(Q(pk__in=[]) & Q(title="Emma"))) == titles(Book.objects.all())
        assert titles(Book.objects.filter(Q())) == titles(Book.objects.all())

    def test_unsupported_lookups_fail_when_the_queryset_is_built(self) -> None:
        with counted() as costs:
            with pytest.raises(FieldError, match=r"no column 'titel'.*title"):
                Book.objects.filter(titel="x")
            with pytest.raises(FieldError, match=r"Book.price has no lookup 'contains'.*exact"):
                Book.objects.filter(price__contains=3)
            with pytest.raises(FieldError, match=r"Book.tags has no lookup 'exact'.*contains_any"):
                Book.objects.filter(tags="sf")
            with pytest.raises(FieldError, match="no column 'prize'"):
                Book.objects.order_by("-prize")
            with pytest.raises(ValidationError, match="pages"):
                Book.objects.filter(pages="many")
            with pytest.raises(ValidationError, match="isnull"):
                Book.objects.filter(pages__isnull=1)
            with pytest.raises(ValidationError, match="must be a list"):
                Book.objects.filter(title__in="Dune")
            with pytest.raises(NotSupportedError, match="XOR"):
                Book.objects.filter(Q(price=1) ^ Q(price=2))
        assert costs.requests == []
