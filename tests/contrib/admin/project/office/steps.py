"""The steps of AppwriteAdmin, under Django's test runner."""

import json
import pickle
import re
from unittest import mock

from django.contrib.admin import site
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.db import OperationalError, router, transaction
from django.db import connections as databases
from django.template import Context, Template
from django.test import RequestFactory, TestCase, TransactionTestCase, override_settings
from django.utils import translation

from django_appwrite_orm.connection import connections
from django_appwrite_orm.contrib.admin.counting import CappedCount, CappedPaginator
from django_appwrite_orm.contrib.testing import AppwriteTestMixin
from django_appwrite_orm.models import model_of
from django_appwrite_orm.plans import TableRef, UpdateRow
from django_appwrite_orm.sansio import run_sync
from tests.support.costs import counted

from .admin import DeskAdmin
from .models import Memo
from .tables import Desk, Room

OPENED = re.compile(r'name="_opened" value="([^"]+)"')


class Office(AppwriteTestMixin):
    databases = "__all__"

    def setUp(self):
        self.client.force_login(User.objects.create_superuser("root", "root@example.org", "secret"))


class ADesk(Office):
    def setUp(self):
        super().setUp()
        self.north, self.south = Room.objects.create(name="North"), Room.objects.create(name="South")
        self.desk = Desk.objects.create(name="Oak", stock=3, tags=["old"], room=self.north)
        self.url = f"/admin/office/desk/{self.desk.id}/change/"
        self.form = {"name": "Oak", "stock": "3", "is_sold": "false", "tags": "old", "room": self.north.id}

    def opened(self, response=None):
        """Return what the hidden input of a form has."""
        response = response or self.client.get(self.url)
        return OPENED.search(response.content.decode())[1]

    def elsewhere(self, **values):
        """Change the row as another client does, of which no block of this process knows."""
        appwrite = connections["default"]
        ref = TableRef(appwrite.settings.database_id, "office_desk")
        run_sync(appwrite.send(UpdateRow(ref, self.desk.id, values).request))

    def stored(self):
        return Desk.objects.cached(0).get(id=self.desk.id)


class Locking(ADesk, TestCase):
    def test_a_row_that_nobody_else_changed_is_saved(self):
        form = self.form | {"_opened": self.opened(), "name": "Elm", "tags": ["old", "red"]}
        self.assertRedirects(self.client.post(self.url, form), "/admin/office/desk/")
        assert (self.stored().name, self.stored().tags, self.stored().revision) == ("Elm", ["old", "red"], 2)

    def test_a_changed_row_is_not_saved_and_both_values_are_shown(self):
        form = self.form | {"_opened": self.opened(), "name": "Elm"}
        self.desk.name, self.desk.room, self.desk.is_sold = "Ash", self.south, True
        self.desk.save()
        response = self.client.post(self.url, form)
        errors = response.context["adminform"].form.errors
        assert errors["name"] == ["Somebody else has changed this to “Ash”. Yours is “Elm”."]
        assert errors["room"] == ["Somebody else has changed this to “South”. Yours is “North”."]
        assert errors["is_sold"] == ["Somebody else has changed this to “Yes”. Yours is “No”."]
        assert sorted(errors) == ["__all__", "is_sold", "name", "room"]
        self.assertContains(response, "This desk was changed by somebody else since you opened it")
        assert (self.stored().name, self.stored().revision) == ("Ash", 2)
        assert not LogEntry.objects.exists()

        again = form | {"_opened": self.opened(response)}
        self.assertRedirects(self.client.post(self.url, again), "/admin/office/desk/")
        assert (self.stored().name, self.stored().room_id, self.stored().is_sold) == ("Elm", self.north.id, False)

    def test_the_first_values_are_compared_also_after_an_invalid_form(self):
        first = self.opened()
        invalid = self.client.post(self.url, self.form | {"_opened": first, "stock": "much"})
        self.desk.name = "Ash"
        self.desk.save()
        response = self.client.post(self.url, self.form | {"_opened": self.opened(invalid)})
        assert "name" in response.context["adminform"].form.errors

    def test_a_change_that_the_cache_does_not_know_is_seen(self):
        form = self.form | {"_opened": self.opened()}
        assert model_of(Desk).objects.get().name == "Oak"
        self.elsewhere(name="Ash")
        errors = self.client.post(self.url, form).context["adminform"].form.errors
        assert errors["name"] == ["Somebody else has changed this to “Ash”. Yours is “Oak”."]

    def test_an_input_that_was_tampered_with_is_refused(self):
        other = Desk.objects.create(name="Elm")
        page = self.client.get(f"/admin/office/desk/{other.id}/change/")
        for value in ("x", self.opened()[:-1], self.opened(page)):
            response = self.client.post(self.url, self.form | {"_opened": value, "name": "Ash"})
            self.assertContains(response, "This page is not up to date")
        assert self.stored().name == "Oak"

    def test_a_form_without_the_input_is_saved_as_by_a_model_admin(self):
        self.assertRedirects(self.client.post(self.url, self.form | {"name": "Ash"}), "/admin/office/desk/")
        self.assertRedirects(self.client.post("/admin/office/desk/add/", self.form), "/admin/office/desk/")
        assert {desk.name for desk in Desk.objects.all()} == {"Ash", "Oak"}
        assert b"_opened" not in self.client.get("/admin/office/desk/add/").content

    def test_models_are_locked_too(self):
        memo = Memo.objects.create(text="a")
        url = f"/admin/office/memo/{memo.pk}/change/"
        form = {"text": "b", "_opened": self.opened(self.client.get(url))}
        Memo.objects.update(text="c", read_at="2024-05-31T12:30Z")
        errors = self.client.post(url, form).context["adminform"].form.errors
        assert errors["text"] == ["Somebody else has changed this to “c”. Yours is “b”."]
        assert "May 31, 2024" in errors["read_at"][0]
        assert Memo.objects.get().text == "c"

    def test_models_of_another_database_are_compared(self):
        group = Group.objects.create(name="a")
        url = f"/admin/auth/group/{group.pk}/change/"
        form = {"name": "b", "_opened": self.opened(self.client.get(url))}
        assert self.client.post(url, form).status_code == 302
        errors = self.client.post(url, form | {"name": "c"}).context["adminform"].form.errors
        assert errors["name"] == ["Somebody else has changed this to “b”. Yours is “c”."]


class Races(ADesk, TransactionTestCase):
    """The commit of the view is that of the database."""

    def late(self, **values):
        """Return a `save_model` before which another client changes the row, the first time."""
        save_model, pending = DeskAdmin.save_model, [values]

        def save_late(*arguments):
            if pending:
                self.elsewhere(**pending.pop())
            save_model(*arguments)

        return save_late

    def test_a_change_during_the_save_is_seen(self):
        form = self.form | {"_opened": self.opened(), "name": "Elm"}
        with mock.patch.object(DeskAdmin, "save_model", self.late(name="Ash")):
            response = self.client.post(self.url, form)
        assert "name" in response.context["adminform"].form.errors
        self.assertNotContains(response, "was changed successfully")
        assert self.stored().name == "Ash"
        assert not LogEntry.objects.exists()

    def test_a_change_of_what_is_not_in_the_form_during_the_save_is_kept(self):
        form = self.form | {"_opened": self.opened(), "name": "Elm"}
        with mock.patch.object(DeskAdmin, "save_model", self.late(note="mine")):
            self.assertRedirects(self.client.post(self.url, form), "/admin/office/desk/")
        assert (self.stored().name, self.stored().note) == ("Elm", "mine")
        assert LogEntry.objects.count() == 1

    def test_what_a_save_costs(self):
        form = self.form | {"_opened": self.opened()}
        assert Room.objects.get(id=self.north.id)  # the form reads it
        with counted() as plain:
            self.client.post(self.url, self.form | {"name": "Elm"})
        form |= {"_opened": self.opened(), "name": "Fir"}
        with counted() as locked:
            self.client.post(self.url, form)
        assert self.stored().name == "Fir"
        # Two reads, and one before the commit. Without a log on Appwrite the save alone is no transaction.
        log_is_there = len(list(databases)) == 1
        assert len(locked.requests) - len(plain.requests) == (3 if log_is_there else 5)

    def test_a_block_around_the_view_fails_as_a_whole(self):
        form = self.form | {"_opened": self.opened(), "name": "Elm"}
        late = mock.patch.object(DeskAdmin, "save_model", self.late(name="Ash"))
        block = transaction.atomic(using=router.db_for_write(model_of(Desk)))
        with late, self.assertRaisesMessage(OperationalError, "was changed in the meantime"), block:
            self.client.post(self.url, form)
        assert self.stored().name == "Ash"


class Counting(Office, TestCase):
    def setUp(self):
        super().setUp()
        model = model_of(Desk)
        model.objects.bulk_create([model(name=f"Desk {number:03}", is_sold=number < 5) for number in range(45)])
        for owner, name, value in ((CappedPaginator, "max_count", 20), (DeskAdmin, "list_per_page", 10)):
            patched = mock.patch.object(owner, name, value)
            patched.start()
            self.addCleanup(patched.stop)
        patched = mock.patch("django_appwrite_orm.plans.reads.TOTAL_LIMIT", 20)
        patched.start()
        self.addCleanup(patched.stop)

    def page(self, query=""):
        return self.client.get(f"/admin/office/desk/?o=1&{query}")

    def names(self, response):
        return [desk.name[-3:] for desk in response.context["cl"].result_list]

    def test_counting_stops(self):
        response = self.page()
        self.assertContains(response, "20+ desks")
        self.assertContains(response, "20+ results")
        self.assertContains(response, "Count all")
        assert self.names(response) == [f"{number:03}" for number in range(10)]

    def test_the_exact_count_is_a_click_away(self):
        url = re.search(r'href="([^"]+)"[^>]*>Count all', self.page("q=desk").content.decode())[1].replace("&amp;", "&")
        response = self.client.get(f"/admin/office/desk/{url}")
        self.assertContains(response, "45 desks")
        self.assertNotContains(response, "Count all")
        self.assertContains(self.client.get(f"/admin/office/desk/{url}&p=5"), "Desk 044")

    def test_fewer_rows_are_counted(self):
        response = self.page("is_sold__exact=1")
        self.assertContains(response, "5 desks")
        self.assertNotContains(response, "Count all")
        self.assertContains(self.page("q=nothing"), "0 desks")

    def test_pages_beyond_the_count_follow_one_another(self):
        assert self.names(self.page("p=2")) == [f"{number:03}" for number in range(10, 20)]
        self.assertContains(self.page("p=2"), "p=3")
        assert self.names(self.page("p=3")) == [f"{number:03}" for number in range(20, 30)]
        assert self.names(self.page("p=5")) == [f"{number:03}" for number in range(40, 45)]
        self.assertNotContains(self.page("p=5"), "p=6")
        assert self.page("p=6").status_code == 302

    def test_rows_beyond_the_count_can_be_edited_in_the_list(self):
        rows = self.page("p=5").context["cl"].result_list
        form = {"form-TOTAL_FORMS": "5", "form-INITIAL_FORMS": "5", "_save": "Save"}
        for place, desk in enumerate(rows):
            form |= {f"form-{place}-id": desk.pk, f"form-{place}-stock": "7"}
        assert self.client.post("/admin/office/desk/?o=1&p=5", form).status_code == 302
        assert Desk.objects.filter(stock=7).count() == 5

    def test_the_count_takes_one_request(self):
        request = RequestFactory().get("/")
        with counted() as costs:
            rows = model_of(Desk).objects.filter(stock=0).order_by("name")
            paginator = site.get_model_admin(model_of(Desk)).get_paginator(request, rows, 10)
            assert isinstance(paginator.count, CappedCount)
        assert len(costs.requests) == 1

    def test_numbers_with_separators(self):
        number = Template(
            "{% load i18n %}{{ n }}"
            " {% blocktranslate count n=n %}{{ n }} row{% plural %}{{ n }} rows{% endblocktranslate %}"
        )
        texts = {"en": "5,000+ 5,000+ rows", "de": "5.000+ 5.000+ rows", "fr": "5\xa0000+ 5\xa0000+ rows"}
        for separators in (False, True):
            for language, text in texts.items():
                with override_settings(USE_THOUSAND_SEPARATOR=separators), translation.override(language):
                    assert number.render(Context({"n": CappedCount(5000)})) == text
                    assert str(CappedCount(5000)) in text
            with override_settings(USE_THOUSAND_SEPARATOR=separators):
                response = self.page("q=desk")
                self.assertContains(response, "20+ desks")
                self.assertContains(response, "20+ results")
                self.assertContains(response, "All 20+ selected")
                self.assertContains(response, "Select all 20+ desks")

    def test_a_capped_count_is_a_number(self):
        count = CappedCount(5000)
        assert (count == 5000, count > 4999, count / 2, count != 5000) == (True, True, 2500, False)
        assert {count: 1}[5000] == 1
        assert json.dumps({"count": count}, indent=1) == '{\n "count": 5000\n}'
        copied = pickle.loads(pickle.dumps(count))
        assert (copied.is_capped, str(copied)) == (True, "5,000+")

    def test_other_queries_and_databases_are_counted_to_the_end(self):
        assert CappedPaginator(model_of(Desk).objects.distinct().order_by("name"), 10).count == 45
        User.objects.bulk_create([User(username=f"user {number}") for number in range(30)])
        paginator = CappedPaginator(User.objects.order_by("pk"), 10)
        assert paginator.count in (31, 20)
        assert CappedPaginator(model_of(Desk).objects.none(), 10).count == 0

    def test_changed_rows_of_a_block_are_counted(self):
        model = model_of(Desk)
        with transaction.atomic(using=router.db_for_write(model)):
            model.objects.create(name="new")
            assert CappedPaginator(model.objects.order_by("name"), 10).count == 46
