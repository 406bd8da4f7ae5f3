"""The dates of a large list, under Django's test runner."""

import datetime
import re
from html import unescape
from unittest import mock

from django.contrib.auth.models import User
from django.test import TestCase, override_settings

from django_appwrite_orm.contrib.admin.counting import CappedPaginator
from django_appwrite_orm.contrib.testing import AppwriteTestMixin
from tests.support.costs import counted

from .admin import ItemAdmin
from .models import Item

URL = "/admin/shelf/item/"
QUERIES = ["", "made_on__year=2023", "made_on__year=2024", "made_on__year=2024&made_on__month=2", "q=even"]


@override_settings(TIME_ZONE="Europe/Berlin")
class Dates(AppwriteTestMixin, TestCase):
    databases = "__all__"

    def setUp(self):
        self.client.force_login(User.objects.create_superuser("root", "root@example.org", "secret"))
        start = datetime.datetime(2022, 12, 30, 23, 30, tzinfo=datetime.UTC)  # the next day in Berlin
        moments = [start + datetime.timedelta(days=29 * number) for number in range(20)]
        Item.objects.bulk_create(
            [
                *(
                    Item(name="odd" if number % 2 else "even", made_on=moment.date(), sold_at=moment)
                    for number, moment in enumerate(moments)
                ),
                *(Item(name=f"Lamp {number}") for number in range(5)),
            ]
        )
        for owner, name, value in ((ItemAdmin, "list_per_page", 5), (CappedPaginator, "max_count", 5000)):
            patched = mock.patch.object(owner, name, value)
            patched.start()
            self.addCleanup(patched.stop)

    def page(self, field, query, most):
        """Return the list where it counts up to `most` rows."""
        with (
            mock.patch("django_appwrite_orm.plans.reads.TOTAL_LIMIT", most),
            mock.patch.object(CappedPaginator, "max_count", most),
            mock.patch.object(ItemAdmin, "date_hierarchy", field),
        ):
            return self.client.get(f"{URL}?{query}").content.decode()

    def links(self, field, query, most):
        """Return what the list says of dates."""
        page = self.page(field, query.replace("made_on", field), most)
        start = page.index("toplinks")
        dates = page[start : page.index('id="changelist-form"', start)]
        return [(unescape(query), text) for query, text in re.findall(r'<a href="([^"]*)"[^>]*>([^<]+)</a>', dates)]

    def test_they_are_those_of_a_small_list(self):
        for field in ("made_on", "sold_at"):
            for query in QUERIES:
                with self.subTest(field=field, query=query):
                    links = self.links(field, query, 5000)
                    assert links
                    assert self.links(field, query, 1) == links

    def test_a_year_alone_shows_its_months(self):
        Item.objects.exclude(made_on__gte=datetime.date(2024, 1, 2)).delete()
        for field in ("made_on", "sold_at"):
            assert self.links(field, "", 1) == self.links(field, "", 5000)

    def test_rows_without_dates_have_none(self):
        assert self.links("made_on", "q=Lamp", 1) == self.links("made_on", "q=Lamp", 5000) == []

    def test_each_date_takes_a_request(self):
        costs = []
        for field in (None, "made_on"):
            Item.objects.update(remark=str(field))  # nothing is cached
            with counted() as made:
                self.page(field, "", 1)
            costs.append(len([request for request in made.requests if "shelf_item" in request]))
        assert costs[1] - costs[0] == 5, costs  # the first of all, of the two years after it, and after these; the last
