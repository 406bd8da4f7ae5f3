"""An admin in which nothing can be changed, under Django's test runner."""

import dataclasses
from unittest import mock

from django.contrib.admin import site
from django.contrib.auth.models import User
from django.db import connections
from django.test import TestCase

from django_appwrite_orm.backend.model_table import table_of
from django_appwrite_orm.contrib.testing import AppwriteTestMixin

from .admin import ItemAdmin
from .models import Item, Notice, Poster, Review

URL = "/admin/shelf/item/"


class ReadOnly(AppwriteTestMixin, TestCase):
    databases = "__all__"

    def setUp(self):
        self.user = User.objects.create_superuser("root", "root@example.org", "secret")
        self.client.force_login(self.user)
        self.item = Item.objects.create(name="Lamp", remark="old")
        self.review = Review.objects.create(item=self.item, text="good")
        self.url = f"{URL}{self.item.pk}/"
        self.read_only = mock.patch.object(ItemAdmin, "read_only", True)
        self.read_only.start()
        self.addCleanup(self.read_only.stop)

    def test_the_list_has_no_way_to_change_rows(self):
        with mock.patch.object(ItemAdmin, "list_editable", ["stock"]):
            response = self.client.get(URL)
        self.assertContains(response, "Lamp")
        self.assertContains(response, "count_rows")
        for text in ("Add item", "delete_selected", "clear_remarks", "_save", 'name="form-0-stock"'):
            self.assertNotContains(response, text)

    def test_the_form_has_no_way_to_change_the_row(self):
        response = self.client.get(f"{self.url}change/")
        self.assertContains(response, "Lamp")
        self.assertContains(response, "good")
        for text in ('name="name"', 'name="_save"', 'name="_continue"', "deletelink", "-0-text", "clear_remarks"):
            self.assertNotContains(response, text)

    def test_the_index_says_view(self):
        response = self.client.get("/admin/shelf/")
        self.assertNotContains(response, f'href="{URL}add/"')
        self.assertContains(response, "/admin/shelf/maker/add/")
        # nor does the form of another model offer to change it
        self.assertNotContains(self.client.get("/admin/shelf/maker/add/"), "/admin/shelf/item/add/")

    def test_every_post_is_forbidden(self):
        row = {"action": "delete_selected", "_selected_action": [self.item.pk], "post": "yes"}
        posts = [
            (f"{self.url}change/", {"name": "Chair"}),
            (f"{self.url}delete/", {"post": "yes"}),
            (f"{URL}add/", {"name": "Chair"}),
            (URL, row),
            (URL, row | {"action": "clear_remarks", "index": "0"}),
            (URL, row | {"action": ["count_rows", "clear_remarks"], "index": "1"}),
            (URL, {"_save": "Save", "action": "count_rows", "form-0-stock": "5"}),
            (URL, {}),
        ]
        for url, form in posts:
            with self.subTest(url=url, form=form):
                assert self.client.post(url, form).status_code == 403
        assert self.client.get(f"{URL}add/").status_code == 403
        assert self.client.get(f"{self.url}delete/").status_code == 403
        stored = Item.objects.get()
        assert (stored.name, stored.remark, Review.objects.count()) == ("Lamp", "old", 1)

    def test_actions_that_only_look_at_rows_run(self):
        form = {"action": "count_rows", "_selected_action": [self.item.pk], "index": "0"}
        assert self.client.post(URL, form).content == b"1"

    def test_it_can_depend_on_the_request(self):
        self.read_only.stop()

        def is_read_only(self, request):
            return "X-Look" in request.headers

        with mock.patch.object(ItemAdmin, "is_read_only", is_read_only):
            look = {"X-Look": "yes"}
            self.assertNotContains(self.client.get(URL, headers=look), "delete_selected")
            assert self.client.post(f"{self.url}change/", {"name": "Chair"}, headers=look).status_code == 403
            self.assertContains(self.client.get(URL), "delete_selected")
        self.read_only.start()

    def test_permissions_of_djangos_hooks_are_kept(self):
        self.read_only.stop()
        with mock.patch.object(ItemAdmin, "has_change_permission", return_value=False):
            self.assertNotContains(self.client.get(f"{self.url}change/"), 'name="_save"')
            assert self.client.post(f"{self.url}change/", {"name": "Chair"}).status_code == 403
        viewer = User.objects.create_user("viewer", is_staff=True)
        self.client.force_login(viewer)
        assert self.client.get(URL).status_code == 403
        self.read_only.start()
        assert self.client.get(URL).status_code == 403
        assert self.client.post(URL, {"action": "count_rows", "_selected_action": ["1"]}).status_code == 403


class Granted(AppwriteTestMixin, TestCase):
    """What Appwrite grants to the users of a database for them."""

    databases = "__all__"

    def test_what_nobody_may_do_is_not_offered(self):
        request = mock.Mock(user=mock.Mock(has_perm=lambda name: True))
        assert self.permissions(Poster, request) == (True, True, True)  # by the API key
        connection = connections[Poster.objects.db]
        options = dataclasses.replace(connection.options, identity="user")
        with mock.patch.dict(vars(connection), options=options):
            assert self.permissions(Poster, request) == (False, False, False)
            assert site.get_model_admin(Poster).is_read_only(request)
            assert self.permissions(Notice, request) == (True, False, False)
            assert not site.get_model_admin(Notice).is_read_only(request)
        table = table_of(Poster)._meta
        with mock.patch.dict(vars(connection), options=options), mock.patch.object(table, "row_security", True):
            assert self.permissions(Poster, request) == (False, True, True)  # a row may grant it

    def permissions(self, model, request):
        model_admin = site.get_model_admin(model)
        return (
            model_admin.has_add_permission(request),
            model_admin.has_change_permission(request),
            model_admin.has_delete_permission(request),
        )
