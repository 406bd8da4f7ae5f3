"""Datetimes by Django's rules: aware with USE_TZ, naive in TIME_ZONE without it."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db.models import Count, Max, Min
from django.template import Context, Template
from django.test import override_settings
from django.utils import timezone

from django_appwrite_orm import columns
from django_appwrite_orm.schema.conversions import kept
from tests.support.library.tables import Everything

NAIVE = datetime.datetime(2026, 1, 1)
TOKYO = datetime.timezone(datetime.timedelta(hours=9))


def utc(*parts: int) -> datetime.datetime:
    return datetime.datetime(*parts, tzinfo=datetime.UTC)  # type: ignore[arg-type, misc]


class MomentForm(forms.Form):
    string = forms.CharField(required=False)
    datetime = forms.DateTimeField()


@pytest.mark.parametrize("naive", [NAIVE, "2026-01-01T00:00", datetime.date(2026, 1, 1)])
@override_settings(USE_TZ=True, TIME_ZONE="Asia/Tokyo")
def test_a_naive_value_is_in_time_zone_and_causes_a_warning_with_use_tz(naive: Any) -> None:
    column = columns.Datetime().bound("starts")
    with timezone.override("America/New_York"):
        for use in (column.clean, column.to_query):
            with pytest.warns(
                RuntimeWarning, match=r"Datetime starts received a naive datetime \(2026-01-01 00:00:00\)"
            ):
                found = use(naive)
            assert found in (utc(2025, 12, 31, 15), "2025-12-31T15:00:00.000+00:00")


@pytest.fixture
def naive_tokyo(library: None, settings: Any) -> None:
    settings.USE_TZ = False
    settings.TIME_ZONE = "Asia/Tokyo"


@pytest.mark.usefixtures("naive_tokyo")
class TestWithoutUseTz:
    def test_saving_a_form_repeatedly_does_not_move_the_time(self) -> None:
        pk = Everything.objects.create(datetime=NAIVE).pk
        for _ in range(3):
            row = Everything.objects.get(pk=pk)
            assert row.datetime == NAIVE
            assert Template("{{ row.datetime|date:'Y-m-d H:i' }}").render(Context({"row": row})) == "2026-01-01 00:00"
            field = str(MomentForm(initial={"datetime": row.datetime})["datetime"])
            value = re.search('value="([^"]*)"', field)
            assert value
            form = MomentForm({"string": "renamed", "datetime": value[1]})
            assert form.is_valid()
            row.string, row.datetime = form.cleaned_data["string"], form.cleaned_data["datetime"]
            row.save()
        assert Everything.objects.uncached().values_list("datetime", flat=True)[0] == NAIVE

    def test_the_server_keeps_the_moment(self) -> None:
        row = Everything.objects.create(datetime=NAIVE, datetimes=[NAIVE])
        assert row._raw["datetime"] == "2025-12-31T15:00:00.000+00:00"
        assert row.datetimes == [NAIVE]

    def test_an_aware_value_is_converted_to_the_local_time(self) -> None:
        row = Everything.objects.create(datetime=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
        assert row.datetime == datetime.datetime(2026, 1, 1, 9)
        assert columns.Datetime().clean(NAIVE.replace(tzinfo=TOKYO)) == NAIVE

    def test_system_columns_compare_with_now(self) -> None:
        row = Everything.objects.create()
        assert row.created_at is not None
        assert row.updated_at is not None
        assert timezone.is_naive(row.created_at)
        assert abs(row.created_at - timezone.now()) < datetime.timedelta(minutes=1)
        assert Everything.objects.filter(created_at__lte=timezone.now() + datetime.timedelta(minutes=1)).count() == 1
        (found,) = Everything.objects.values("created_at", "updated_at")
        assert found == {"created_at": row.created_at, "updated_at": row.updated_at}

    def test_filters_and_date_parts_use_time_zone_whatever_zone_is_active(self) -> None:
        late = NAIVE + datetime.timedelta(hours=23, minutes=59)
        Everything.objects.bulk_create(
            [
                Everything(id="before", datetime=NAIVE - datetime.timedelta(minutes=1)),
                Everything(id="first", datetime=NAIVE),
                Everything(id="last", datetime=late),
            ]
        )
        with timezone.override("America/New_York"):
            assert ids(datetime=NAIVE) == ["first"]
            assert ids(datetime__gt=NAIVE) == ["last"]
            assert ids(datetime__range=(NAIVE, late)) == ["first", "last"]
            assert ids(datetime__date=NAIVE.date()) == ["first", "last"]
            assert ids(datetime__date=late) == ["first", "last"]
            assert ids(datetime__year=2025) == ["before"]
            assert ids(datetime__month=(2026, 1)) == ["first", "last"]

    def test_aggregates_and_groups_are_local(self) -> None:
        Everything.objects.bulk_create([Everything(datetime=NAIVE), Everything(datetime=NAIVE)])
        expected = {"first": NAIVE, "last": NAIVE}
        assert Everything.objects.aggregate(first=Min("datetime"), last=Max("datetime")) == expected
        assert list(Everything.objects.values("datetime").annotate(n=Count("*"))) == [{"datetime": NAIVE, "n": 2}]

    def test_a_dump_is_the_same_in_both_modes(self, tmp_path: Any, settings: Any) -> None:
        row = Everything.objects.create(datetime=NAIVE)
        file = tmp_path / "dump.jsonl"
        call_command("dump_appwrite", "library_everything", output=str(file), verbosity=0)
        assert '"datetime":"2025-12-31T15:00:00.000+00:00"' in file.read_text().replace(" ", "")
        row.delete()
        settings.USE_TZ = True
        call_command("load_appwrite", str(file), verbosity=0)
        assert Everything.objects.get(pk=row.pk).datetime == utc(2025, 12, 31, 15)


def ids(**lookup: Any) -> list[str]:
    return sorted(row.pk for row in Everything.objects.filter(**lookup))


@pytest.fixture
def naive_berlin(library: None, settings: Any) -> None:
    settings.USE_TZ = False
    settings.TIME_ZONE = "Europe/Berlin"


@pytest.mark.usefixtures("naive_berlin")
class TestWhereClocksChange:
    """On 2026-03-29 from 02:00 to 03:00, on 2026-10-25 from 03:00 back to 02:00."""

    first = datetime.datetime(2026, 10, 25, 2, 30)
    second = datetime.datetime(2026, 10, 25, 2, 10, fold=1)

    def test_a_skipped_local_time_is_refused_when_written(self) -> None:
        with pytest.raises(ValidationError) as caught:
            Everything.objects.create(datetime=datetime.datetime(2026, 3, 29, 2, 30))
        assert caught.value.message_dict == {
            "datetime": [
                "2026-03-29 02:30:00 does not exist in Europe/Berlin, where clocks are put forward at that time."
                " Use another time, or an aware datetime."
            ]
        }

    def test_a_skipped_local_time_is_accepted_in_a_filter(self) -> None:
        row = Everything.objects.create(datetime=datetime.datetime(2026, 3, 29, 3, 45))
        assert ids(datetime__gte=datetime.datetime(2026, 3, 29, 2, 30)) == [row.pk]

    def test_both_times_of_a_repeated_hour_are_kept(self) -> None:
        for moment in (self.first, self.second):
            row = Everything.objects.create(datetime=moment)
            found = Everything.objects.uncached().get(pk=row.pk).datetime
            assert found is not None
            assert (found, found.fold) == (moment, moment.fold)
            assert ids(datetime=moment) == [row.pk]

    def test_the_later_of_two_moments_is_the_largest(self) -> None:
        Everything.objects.bulk_create([Everything(datetime=self.first), Everything(datetime=self.second)])
        whole = Everything.objects.all()
        assert whole[:2].aggregate(last=Max("datetime"), first=Min("datetime")) == {
            "last": self.second, "first": self.first,
        }  # fmt: skip
        same = [Everything(datetime=self.first.replace(fold=1))]
        Everything.objects.bulk_create(same)
        assert whole.aggregate(n=Count("datetime", distinct=True)) == {"n": 3}

    def test_a_migration_copies_the_moment(self) -> None:
        convert = kept(columns.Datetime())
        for raw in ("2026-10-25T00:10:00.000+00:00", "2026-10-25T01:10:00.000+00:00"):
            assert convert(raw) == raw

    def test_a_date_lookup_covers_the_longer_day_when_clocks_change(self) -> None:
        Everything.objects.bulk_create(
            [
                Everything(id="a", datetime=datetime.datetime(2026, 10, 25)),
                Everything(id="b", datetime=datetime.datetime(2026, 10, 25, 23, 59, 59)),
                Everything(id="c", datetime=datetime.datetime(2026, 10, 26)),
            ]
        )
        assert ids(datetime__date=datetime.date(2026, 10, 25)) == ["a", "b"]
