"""Pages of the change list, under Django's test runner."""

import datetime
from itertools import chain
from unittest import mock

from django.contrib.admin import site
from django.contrib.auth.models import Group, User
from django.core.signing import Signer
from django.test import TestCase
from django.utils.http import urlencode

from django_appwrite_orm.contrib.admin.counting import CappedPaginator
from django_appwrite_orm.contrib.testing import AppwriteTestMixin
from tests.support.costs import counted

from .admin import ItemAdmin
from .models import Item, Maker, Review, Shelf

URL = "/admin/shelf/item/"
COLUMNS = {name: number for number, name in enumerate(ItemAdmin.list_display, 1)}
WITHOUT_KEYSET = {"weight", "remark", "maker"}


class Pages(AppwriteTestMixin):
    databases = "__all__"
    rows = 23
    per_page = 5

    def setUp(self):
        self.client.force_login(User.objects.create_superuser("root", "root@example.org", "secret"))
        self.set(ItemAdmin, "list_per_page", self.per_page)
        self.set(ItemAdmin, "list_max_show_all", 30)
        makers = Maker.objects.bulk_create([Maker(name="Bob"), Maker(name="Ada")])
        shelves = Shelf.objects.bulk_create([Shelf(name="B"), Shelf(name="A")])
        day = datetime.date(2024, 1, 1)
        self.items = Item.objects.bulk_create(
            Item(
                name=f"{'Sea' if number % 3 else 'war'} {number % 4}",
                stock=number // 9,
                price=None if number % 4 == 0 else number // 4,
                is_sold=number % 2 == 0,
                made_on=None if number % 5 == 0 else day + datetime.timedelta(days=number % 3),
                weight=number % 7 or None,
                maker=None if number % 3 == 0 else makers[number % 2],
                shelf=None if number % 4 == 0 else shelves[number % 2],
            )
            for number in range(self.rows)
        )

    def set(self, owner, name, value):
        patched = mock.patch.object(owner, name, value)
        patched.start()
        self.addCleanup(patched.stop)

    def get(self, query=""):
        response = self.client.get(URL + (query if query.startswith("?") else f"?{query}"))
        assert response.status_code == 200, response
        return response.context["cl"]

    def follow(self, changes, direction):
        """Return the keys of each page from this one on."""
        pages = []
        while True:
            pages.append([item.pk for item in changes.result_list])
            query = getattr(changes.page_links, direction)
            if query is None:
                return pages
            changes = self.get(query)
            assert len(pages) < 50, "the pages never end"


class Orders(Pages, TestCase):
    def test_every_row_comes_once_in_every_order_forwards_and_backwards(self):
        for name in COLUMNS.keys() - WITHOUT_KEYSET:
            for sign in ("", "-"):
                with self.subTest(order=sign + name):
                    first = self.get(f"o={sign}{COLUMNS[name]}")
                    forwards = self.follow(first, "next")
                    rows = Item.objects.order_by(sign + name, "-pk")
                    assert [*chain(*forwards)] == [item.pk for item in rows]
                    assert [len(page) for page in forwards] == [5, 5, 5, 5, 3]
                    backwards = self.follow(self.get(first.page_links.last), "previous")
                    assert [*chain(*reversed(backwards))] == [*chain(*forwards)]
                    assert [len(page) for page in backwards] == [5, 5, 5, 5, 3]

    def test_several_columns(self):
        order = f"o={COLUMNS['price']}.-{COLUMNS['stock']}.{COLUMNS['is_sold']}"
        rows = Item.objects.order_by("price", "-stock", "is_sold", "-pk")
        assert [*chain(*self.follow(self.get(order), "next"))] == [item.pk for item in rows]

    def test_without_an_order_the_newest_come_first(self):
        assert [*chain(*self.follow(self.get(), "next"))] == [item.pk for item in reversed(self.items)]

    def test_orders_that_no_page_can_begin_in_have_pages_by_number(self):
        for name in WITHOUT_KEYSET:
            with self.subTest(order=name):
                changes = self.get(f"o={COLUMNS[name]}")
                assert changes.page_links is None
                rows = [item.pk for page in range(1, 6) for item in self.get(f"o={COLUMNS[name]}&p={page}").result_list]
                order = "maker__name" if name == "maker" else name
                assert rows == [item.pk for item in Item.objects.order_by(order, "-pk")]

    def test_lists_answered_in_memory_have_pages_by_number(self):
        self.set(ItemAdmin, "list_filter", ["maker__name"])
        changes = self.get("maker__name=Ada")
        assert changes.page_links is None
        self.assertContains(self.client.get(f"{URL}?maker__name=Ada"), "p=2")

    def test_another_database_has_pages_by_number(self):
        Group.objects.bulk_create(Group(name=f"group {number:02}") for number in range(12))
        self.set(site.get_model_admin(Group), "list_per_page", 5)
        changes = self.client.get("/admin/auth/group/").context["cl"]
        on_appwrite = Group.objects.db == "default" and Item.objects.db == "default"
        assert (changes.page_links is None) is not on_appwrite

    def test_an_address_with_a_number_is_that_page(self):
        changes = self.get("p=3")
        assert [item.pk for item in changes.result_list] == [item.pk for item in list(reversed(self.items))[10:15]]
        assert changes.page_links is None


class Links(Pages, TestCase):
    def test_the_first_and_the_last_page_have_no_links_beyond(self):
        first = self.get()
        assert (first.page_links.first, first.page_links.previous) == (None, None)
        last = self.get(first.page_links.last)
        assert (last.page_links.next, last.page_links.last) == (None, None)
        assert self.follow(self.get(last.page_links.first), "next") == self.follow(first, "next")
        self.assertContains(self.client.get(URL + last.page_links.previous), 'rel="next"')

    def test_links_keep_search_filters_and_order(self):
        query = f"q=sea&is_sold__exact=0&o=-{COLUMNS['price']}"
        rows = Item.objects.filter(name__icontains="sea", is_sold=False).order_by("-price", "-pk")
        changes = self.get(query)
        assert [*chain(*self.follow(changes, "next"))] == [item.pk for item in rows]
        second = self.get(changes.page_links.next)
        assert "_cursor" not in second.get_query_string({"is_sold__exact": "1"})
        assert "_cursor" not in second.params
        page = self.client.get(URL + changes.page_links.next).content.decode()
        assert 'name="_cursor"' not in page  # a search begins at its first page
        assert "?o=" in page
        assert 'href="?_cursor' not in second.clear_all_filters_qs + second.add_facet_link + second.remove_facet_link

    def test_dates_lead_to_their_first_page(self):
        self.set(ItemAdmin, "date_hierarchy", "made_on")
        changes = self.get("made_on__year=2024&made_on__month=1")
        rows = Item.objects.filter(made_on__isnull=False).order_by("-pk")
        assert [*chain(*self.follow(changes, "next"))] == [item.pk for item in rows]
        response = self.client.get(URL + changes.page_links.next)
        self.assertContains(response, "made_on__day=2")
        day = response.context["cl"].get_query_string({"made_on__day": "2"})
        assert "_cursor" not in day

    def test_all_rows_on_one_page(self):
        changes = self.get(self.get(self.get().page_links.next).show_all_url)
        assert len(changes.result_list) == self.rows
        assert changes.page_links is None

    def test_a_list_as_long_as_is_counted_is_never_shown_whole(self):
        self.set(CappedPaginator, "max_count", 20)
        with mock.patch("django_appwrite_orm.plans.reads.TOTAL_LIMIT", 20):
            self.set(ItemAdmin, "list_per_page", 20)
            assert len(self.get("all=").result_list) == 20
            assert len(self.get(f"o={COLUMNS['weight']}").result_list) == 20

    def test_a_cursor_that_was_not_made_here_is_the_first_page(self):
        first = [item.pk for item in self.get("q=sea").result_list]
        of_another_order = self.get(f"o={COLUMNS['stock']}").page_links.next.partition("_cursor=")[2].partition("&")[0]
        forged = Signer(key="another").sign_object([False, ["1"]])
        for cursor in ["", "x", "a:b", "W10:x", "é", "\0", "a" * 5000, forged, of_another_order]:
            changes = self.get(urlencode({"q": "sea", "_cursor": cursor}))
            assert [item.pk for item in changes.result_list] == first
        twice = self.client.get(f"{URL}?q=sea&_cursor=x&_cursor=y")
        assert [item.pk for item in twice.context["cl"].result_list] == first

    def test_a_cursor_from_before_a_field_was_changed_is_the_first_page(self):
        signer = Signer(salt="django_appwrite_orm.contrib.admin.change_list:shelf.Item:stock:-id")
        first = [item.pk for item in self.get(f"o={COLUMNS['stock']}").result_list]
        for values in (["many", "1"], ["1"], ["1", "2", "3"]):
            query = urlencode({"o": COLUMNS["stock"], "_cursor": signer.sign_object([False, values])})
            assert [item.pk for item in self.get(query).result_list] == first

    def test_rows_that_come_and_go_between_pages_shift_nothing(self):
        order = f"o={COLUMNS['stock']}"
        expected = self.follow(self.get(order), "next")
        first = self.get(order)
        Item.objects.filter(pk__in=expected[0]).delete()
        Item.objects.create(name="early", stock=-1)
        second = self.get(first.page_links.next)
        assert [item.pk for item in second.result_list] == expected[1]
        assert [item.name for item in self.get(second.page_links.previous).result_list] == ["early"]

    def test_a_page_whose_rows_have_all_gone_leads_to_those_that_are_left(self):
        first = self.get()
        second = self.get(first.page_links.next)
        Item.objects.exclude(pk__in=[item.pk for item in [*second.result_list, *self.items[:5]]]).delete()
        empty = self.get(second.page_links.previous)
        assert (list(empty.result_list), empty.page_links.previous) == ([], None)
        assert [item.pk for item in self.get(empty.page_links.next).result_list] == [i.pk for i in second.result_list]


class Forms(Pages, TestCase):
    def test_saving_a_row_leads_back_to_its_page(self):
        query = self.get("q=sea").page_links.next
        page = self.client.get(URL + query).content.decode()
        item = self.get(query).result_list[0]
        url = f"{URL}{item.pk}/change/?{urlencode({'_changelist_filters': query[1:]})}"
        assert url.replace("&", "&amp;") in page
        form = {"name": "Sea 9", "stock": "1", **self.no_reviews()}
        self.assertRedirects(self.client.post(url, form), URL + query)

    def no_reviews(self):
        prefix = Review.item.field.remote_field.get_accessor_name()
        return {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}

    def test_rows_of_any_page_can_be_edited_in_the_list(self):
        self.set(ItemAdmin, "list_editable", ["stock"])
        query = self.get(self.get("q=sea").page_links.next).page_links.next
        changes = self.get(query)
        form = {"form-TOTAL_FORMS": "5", "form-INITIAL_FORMS": "5", "_save": "Save"}
        for place, item in enumerate(changes.result_list):
            assert changes.formset.forms[place].instance.pk == item.pk
            form |= {f"form-{place}-id": item.pk, f"form-{place}-stock": "77"}
        self.assertRedirects(self.client.post(URL + query, form), URL + query)
        assert {item.pk for item in Item.objects.filter(stock=77)} == {item.pk for item in changes.result_list}

    def test_actions_on_the_selected_rows_of_a_page(self):
        query = self.get().page_links.next
        rows = [item.pk for item in self.get(query).result_list][:2]
        form = {"action": "delete_selected", "_selected_action": rows, "index": "0"}
        self.assertContains(self.client.post(URL + query, form), "Are you sure")
        assert self.client.post(URL + query, form | {"post": "yes"}).status_code == 302
        assert Item.objects.count() == self.rows - 2
        assert not Item.objects.filter(pk__in=rows).exists()

    def test_actions_on_all_rows_across_pages(self):
        query = self.get("q=war").page_links.next
        form = {"action": "delete_selected", "_selected_action": ["1"], "select_across": "1", "post": "yes"}
        assert self.client.post(URL + query, form).status_code == 302
        assert set(Item.objects.values_list("name", flat=True)) == {"Sea 0", "Sea 1", "Sea 2", "Sea 3"}


class Depth(Pages, TestCase):
    rows, per_page = 2000, 2

    def test_the_first_page_and_the_thousandth_take_the_same_requests(self):
        self.set(ItemAdmin, "list_display", ItemAdmin.list_display[:-2])  # which rows relations lead to differs
        for order in ("", f"o={COLUMNS['stock']}", f"o=-{COLUMNS['price']}.{COLUMNS['made_on']}"):
            with self.subTest(order=order):
                first = self.get(order)
                last = self.get(first.page_links.last)
                middle = self.get(last.page_links.previous)
                costs = [
                    self.cost(query)
                    for query in (order, first.page_links.next, middle.page_links.previous, first.page_links.last)
                ]
                assert costs[0] == costs[1] == costs[2] == costs[3], costs

    def cost(self, query):
        """Return the requests of a list of which nothing is cached."""
        Item.objects.filter(pk=self.items[0].pk).update(remark="x")
        with counted() as costs:
            self.get(query)
        sent = [request.partition("?")[0] for request in costs.requests if "shelf_item" in request]
        assert len(sent) == 2, sent  # the number of rows, and the rows
        return len(costs.requests)
