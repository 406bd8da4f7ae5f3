"""What the pages say of where their rows came from, under Django's test runner."""

import re
import time
from unittest import mock

from django.contrib.auth.models import Group, User
from django.db import connections as databases
from django.test import TestCase

from django_appwrite_orm.cache import cache_policy
from django_appwrite_orm.connection import connections
from django_appwrite_orm.contrib.testing import AppwriteTestMixin
from django_appwrite_orm.plans import TableRef, UpdateRow
from django_appwrite_orm.sansio import run_sync
from tests.support.costs import counted

from .admin import ItemAdmin
from .models import Item, Maker

URL = "/admin/shelf/item/"
CACHED = r"From the cache, read from Appwrite \d+ seconds? ago\."


class Sources(AppwriteTestMixin, TestCase):
    databases = "__all__"

    def setUp(self):
        self.client.force_login(User.objects.create_superuser("root", "root@example.org", "secret"))
        Item.objects.bulk_create(Item(name=f"Lamp {number}", maker=None) for number in range(7))
        self.item = Item.objects.get(name="Lamp 3")
        self.url = f"{URL}{self.item.pk}/change/"
        patched = mock.patch.object(ItemAdmin, "list_per_page", 5)
        patched.start()
        self.addCleanup(patched.stop)

    def source(self, url):
        """Return what a page says, and the requests about rows that it took."""
        with counted() as costs:
            page = self.client.get(url).content.decode()
        text = re.search(r'class="appwrite-row-source">\s*<p>(.*?)</p>', page)
        return text and text[1], [request for request in costs.requests if "shelf_item/rows" in request]

    def elsewhere(self, **values):
        """Change the row as another client does, of which the cache does not know."""
        appwrite = connections["default"]
        ref = TableRef(appwrite.settings.database_id, "shelf_item")
        row_id = f"{self.item.pk:019}"
        run_sync(appwrite.send(UpdateRow(ref, row_id, values).request))

    def test_the_list(self):
        text, requests = self.source(URL)
        assert (text, len(requests)) == ("Read from Appwrite just now, with 2 requests.", 2)
        text, requests = self.source(URL)
        assert re.fullmatch(CACHED, text)
        assert requests == []
        link = self.client.get(URL).context["cl"].page_links.next
        assert self.source(URL + link)[0] == "Read from Appwrite just now, with 1 request."

    def test_lists_on_one_page_and_by_number(self):
        for query in ("?all=", "?o=6"):
            self.source(URL + query)
            text, requests = self.source(URL + query)
            assert re.fullmatch(CACHED, text)
            assert requests == []

    def test_the_form(self):
        assert self.source(self.url)[0] == "Read from Appwrite just now, with 1 request."
        assert re.fullmatch(CACHED, self.source(self.url)[0])
        assert self.source(f"{URL}add/")[0] is None

    def test_the_age(self):
        now = time.time()
        with mock.patch("time.time", return_value=now):
            self.source(self.url)
        for seconds, age in ((1.5, "1 second"), (59, "59 seconds"), (130, "2\xa0minutes")):
            with mock.patch("time.time", return_value=now + seconds):
                assert self.source(self.url)[0] == f"From the cache, read from Appwrite {age} ago."
        with cache_policy(ttl=20):
            assert self.source(self.url)[0] == "From the cache."  # it was stored under another TTL

    def test_what_is_out_of_date(self):
        with cache_policy(stale_while_revalidate=600):
            self.source(self.url)
            with mock.patch("time.time", return_value=time.time() + 400):
                assert self.source(self.url)[0] == "From the cache, and perhaps out of date."

    def test_the_button_reads_again_and_stores_the_result(self):
        for url in (URL, self.url, f"{URL}?q=Lamp&o=1"):
            with self.subTest(url=url):
                self.source(url)
                self.elsewhere(name="Lamp 3 of another")
                self.assertNotContains(self.client.get(url), "of another")
                self.assertContains(self.client.get(url), 'name="_reload"')
                self.assertRedirects(self.client.post(url, {"_reload": "1"}), url)
                text, requests = self.source(url)
                assert text.startswith("From the cache")  # what assertRedirects() has read
                assert requests == []
                self.assertContains(self.client.get(url), "of another")
                self.elsewhere(name="Lamp 3")
                self.client.post(url, {"_reload": "1"})
                assert self.source(url)[0].startswith("Read from Appwrite just now")

    def test_the_button_reads_related_rows_again(self):
        maker = Maker.objects.create(name="Ada")
        Item.objects.update(maker=maker)
        self.source(URL)
        appwrite = connections["default"]
        ref = TableRef(appwrite.settings.database_id, "shelf_maker")
        run_sync(appwrite.send(UpdateRow(ref, f"{maker.pk:019}", {"name": "Bob"}).request))
        self.assertNotContains(self.client.get(URL), "Bob")
        self.client.post(URL, {"_reload": "1"})
        self.assertContains(self.client.get(URL), "Bob")

    def test_the_button_is_for_those_who_see_the_rows(self):
        self.source(URL)
        self.client.force_login(User.objects.create_user("other", is_staff=True))
        for url in (URL, self.url):
            assert self.client.post(url, {"_reload": "1"}).status_code == 403
        self.client.force_login(User.objects.get(username="root"))
        assert self.source(URL)[0].startswith("From the cache")
        with mock.patch.object(ItemAdmin, "read_only", True):
            assert self.client.post(URL, {"_reload": "1"}).status_code == 302

    def test_other_databases_have_no_source(self):
        group = Group.objects.create(name="a")
        on_appwrite = databases[Group.objects.db].vendor == "appwrite"
        for url in ("/admin/auth/group/", f"/admin/auth/group/{group.pk}/change/"):
            assert (self.source(url)[0] is not None) is on_appwrite
            assert ("_reload" in self.client.get(url).content.decode()) is on_appwrite
