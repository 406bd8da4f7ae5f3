"""Changes of somebody else in inlines, lists, actions and deletions, under Django's test runner."""

import re
from unittest import mock

from django.contrib.admin import site
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.contrib.messages import get_messages
from django.test import RequestFactory, TestCase, TransactionTestCase

from django_appwrite_orm.cache import cache_policy
from django_appwrite_orm.connection import connections
from django_appwrite_orm.contrib.admin import AppwriteAdmin
from django_appwrite_orm.contrib.admin.locking.opened_values import read_values
from django_appwrite_orm.contrib.testing import AppwriteTestMixin
from django_appwrite_orm.plans import DeleteRow, TableRef, UpdateRow
from django_appwrite_orm.sansio import run_sync
from tests.support.costs import counted

from .admin import ItemAdmin
from .models import Item, Review, Tag

URL = "/admin/shelf/item/"


def stored(row):
    """Return a row as Appwrite has it."""
    with cache_policy(ttl=0):
        return type(row).objects.get(pk=row.pk)


class Locked(AppwriteTestMixin):
    databases = "__all__"

    def setUp(self):
        self.client.force_login(User.objects.create_superuser("root", "root@example.org", "secret"))
        self.item = Item.objects.create(name="Lamp", stock=3, remark="old")
        self.other = Item.objects.create(name="Chair", stock=5)
        self.good, self.bad = (Review.objects.create(item=self.item, text=text) for text in ("good", "bad"))
        self.tags = [Tag.objects.create(name=name) for name in ("red", "blue")]
        self.url = f"{URL}{self.item.pk}/change/"

    def elsewhere(self, row, **values):
        """Change a row as another client does, of which the cache does not know."""
        appwrite = connections["default"]
        ref = TableRef(appwrite.settings.database_id, row._meta.db_table)
        row_id = f"{row.pk:019}"
        run_sync(appwrite.send((UpdateRow(ref, row_id, values) if values else DeleteRow(ref, row_id)).request))

    def form(self, response):
        """Return what a browser sends of the forms of a page."""
        page = response.content.decode()
        data = {}
        for tag in re.findall(r"<input[^>]*>", page):
            attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
            kind = attributes.get("type")
            if "name" in attributes and kind not in ("submit", "checkbox", "button") and "__prefix__" not in tag:
                data[attributes["name"]] = attributes.get("value", "")
        for name, content in re.findall(r'<textarea name="([^"]+)"[^>]*>\s*([^<]*)</textarea>', page):
            data[name] = content
        return {name: value for name, value in data.items() if name not in ("csrfmiddlewaretoken", "q")}

    def texts(self, response):
        return [str(message) for message in get_messages(response.wsgi_request)]


class Inlines(Locked, TestCase):
    def setUp(self):
        super().setUp()
        self.opened = self.form(self.client.get(self.url))
        assert self.opened["review_set-0-text"] == "good"

    def post(self, form):
        return self.client.post(self.url, form)

    def errors(self, response):
        return response.context["inline_admin_formsets"][0].formset

    def test_rows_that_nobody_else_changed_are_saved(self):
        form = self.opened | {"review_set-0-text": "fine", "review_set-2-text": "new", "review_set-2-stars": "1"}
        assert self.post(form).status_code == 302
        assert set(Review.objects.values_list("text", "stars")) == {("fine", 3), ("bad", 3), ("new", 1)}

    def test_a_changed_row_is_not_saved_and_both_values_are_shown(self):
        self.elsewhere(self.good, text="great")
        form = self.opened | {"review_set-0-text": "fine", "name": "Lantern"}
        response = self.post(form)
        assert self.errors(response).forms[0].errors["text"] == [
            "Somebody else has changed this to “great”. Yours is “fine”."
        ]
        self.assertContains(response, "This review was changed by somebody else since you opened it")
        assert self.form(response)["review_set-0-text"] == "fine"
        assert (Item.objects.get(pk=self.item.pk).name, LogEntry.objects.count()) == ("Lamp", 0)

        again = self.form(response)
        assert again["review_set-_opened"] != self.opened["review_set-_opened"]
        assert self.post(again).status_code == 302
        assert Review.objects.get(pk=self.good.pk).text == "fine"
        assert Item.objects.get(pk=self.item.pk).name == "Lantern"

    def test_a_row_that_only_somebody_else_changed_is_left_as_it_is(self):
        self.elsewhere(self.good, text="great")
        Review.objects.filter(pk=self.bad.pk).update(stars=1)  # this one the cache knows
        assert self.post(self.opened | {"name": "Lantern"}).status_code == 302
        assert Item.objects.get(pk=self.item.pk).name == "Lantern"
        Review.objects.filter(pk=self.bad.pk).update(text="worse")  # so that all are read again
        assert set(Review.objects.values_list("text", "stars")) == {("great", 3), ("worse", 1)}

    def test_what_is_not_in_the_form_is_kept(self):
        with mock.patch("shelf.admin.ReviewInline.fields", ["text"], create=True):
            opened = self.form(self.client.get(self.url))
            self.elsewhere(self.good, stars=1)
            assert self.post(opened | {"review_set-0-text": "fine"}).status_code == 302
        review = Review.objects.get(pk=self.good.pk)
        assert (review.text, review.stars) == ("fine", 1)

    def test_a_changed_row_is_not_deleted(self):
        self.elsewhere(self.good, text="great")
        response = self.post(self.opened | {"review_set-0-DELETE": "on"})
        self.assertContains(response, "“great” was changed by somebody else since you opened it")
        self.assertContains(response, "text was “good”, is “great”")
        assert Review.objects.count() == 2
        again = self.form(response) | {"review_set-0-DELETE": "on"}
        assert self.post(again).status_code == 302
        assert [review.text for review in Review.objects.all()] == ["bad"]

    def test_a_row_that_somebody_else_deleted_is_not_created_again(self):
        self.elsewhere(self.good)
        response = self.post(self.opened | {"review_set-0-text": "fine"})
        self.assertContains(response, "was deleted by somebody else since you opened it")
        Review.objects.filter(pk=self.bad.pk).delete()
        response = self.post(self.opened | {"review_set-0-text": "fine"})
        self.assertContains(response, "was deleted by somebody else since you opened it")
        assert not Review.objects.exists()

    def test_an_input_that_was_tampered_with_is_refused(self):
        other = self.form(self.client.get(f"{URL}{self.other.pk}/change/"))["review_set-_opened"]
        for value in ("x", self.opened["review_set-_opened"][:-1], self.opened["_opened"], other):
            response = self.post(self.opened | {"review_set-_opened": value, "review_set-0-text": "fine"})
            self.assertContains(response, "This page is not up to date")
        assert Review.objects.get(pk=self.good.pk).text == "good"

    def test_a_form_without_the_input_is_saved_as_by_a_model_admin(self):
        form = self.opened | {"review_set-0-text": "fine"}
        del form["review_set-_opened"]
        self.elsewhere(self.good, text="great")
        assert self.post(form).status_code == 302
        assert Review.objects.get(pk=self.good.pk).text == "fine"

    def test_saving_as_new_compares_nothing(self):
        with mock.patch.object(ItemAdmin, "save_as", True):
            self.elsewhere(self.good, text="great")
            assert self.post(self.opened | {"_saveasnew": "1", "review_set-0-text": "fine"}).status_code == 302
        assert sorted(Review.objects.values_list("text", flat=True)) == ["bad", "bad", "fine", "great"]


class ToMany(Locked, TestCase):
    def test_related_rows_are_compared(self):
        self.item.tags.set(self.tags[:1])
        form = self.form(self.client.get(self.url)) | {"tags": [self.tags[0].pk]}
        assert self.client.post(self.url, form).status_code == 302
        form = self.form(self.client.get(self.url)) | {"tags": [self.tags[0].pk], "name": "Lantern"}
        self.item.tags.add(self.tags[1])
        response = self.client.post(self.url, form)
        assert response.context["adminform"].form.errors["tags"] == [
            "Somebody else has changed this to “blue, red”. Yours is “red”."
        ]
        assert self.client.post(self.url, self.form(response) | {"tags": [self.tags[0].pk]}).status_code == 302
        assert [tag.name for tag in self.item.tags.all()] == ["red"]


class EditableList(Locked, TestCase):
    def setUp(self):
        super().setUp()
        patched = mock.patch.object(ItemAdmin, "list_editable", ["stock", "remark"])
        patched.start()
        self.addCleanup(patched.stop)
        self.opened = self.form(self.client.get(f"{URL}?o=1")) | {"_save": "Save"}
        assert self.opened["form-1-stock"] == "3"  # the lamp

    def post(self, form):
        return self.client.post(f"{URL}?o=1", form)

    def test_rows_that_nobody_else_changed_are_saved(self):
        assert self.post(self.opened | {"form-1-stock": "4"}).status_code == 302
        assert (stored(self.item).stock, stored(self.other).stock) == (4, 5)
        assert LogEntry.objects.count() == 1

    def test_a_changed_row_is_not_saved_and_both_values_are_shown(self):
        self.elsewhere(self.item, stock=9, name="Lamp 2")
        response = self.post(self.opened | {"form-1-stock": "4", "form-0-stock": "6"})
        formset = response.context["cl"].formset
        assert formset.forms[1].errors["stock"] == ["Somebody else has changed this to “9”. Yours is “4”."]
        self.assertContains(response, "This item was changed by somebody else since you opened it")
        assert (stored(self.item).stock, stored(self.other).stock) == (9, 5)
        again = self.form(response) | {"_save": "Save"}
        assert self.post(again).status_code == 302
        assert (stored(self.item).stock, stored(self.item).name, stored(self.other).stock) == (4, "Lamp 2", 6)

    def test_a_row_that_only_somebody_else_changed_is_left_as_it_is(self):
        Item.objects.filter(pk=self.item.pk).update(stock=9)
        assert self.post(self.opened | {"form-0-stock": "6"}).status_code == 302
        assert (stored(self.item).stock, stored(self.other).stock) == (9, 6)
        assert LogEntry.objects.count() == 1

    def test_a_row_that_somebody_else_deleted_is_reported(self):
        self.elsewhere(self.item)
        response = self.post(self.opened | {"form-1-stock": "4"})
        self.assertContains(response, "was deleted by somebody else since you opened it")
        Item.objects.filter(pk=self.other.pk).update(stock=1)
        response = self.post(self.opened | {"form-1-stock": "4"})
        self.assertContains(response, "was deleted by somebody else since you opened it")

    def test_models_of_another_database_are_compared(self):
        group = Group.objects.create(name="a")
        group_admin = site.get_model_admin(Group)
        with mock.patch.multiple(
            group_admin, list_display=["pk", "name"], list_display_links=["pk"], list_editable=["name"]
        ):
            form = self.form(self.client.get("/admin/auth/group/")) | {"_save": "Save", "form-0-name": "b"}
            Group.objects.filter(pk=group.pk).update(name="c")
            response = self.client.post("/admin/auth/group/", form)
            errors = response.context["cl"].formset.forms[0].errors
            assert errors["name"] == ["Somebody else has changed this to “c”. Yours is “b”."]


class LateChanges(Locked, TransactionTestCase):
    """The commit of the view is that of the database."""

    def late(self, row, **values):
        """Return a `save_related` before whose end another client changes a row, the first time."""
        save_related, pending = ItemAdmin.save_related, [values]

        def save_late(*arguments, **options):
            save_related(*arguments, **options)
            if pending:
                self.elsewhere(row, **pending.pop())

        return mock.patch.object(ItemAdmin, "save_related", save_late)

    def test_a_change_of_an_inlines_row_during_the_save_is_seen(self):
        form = self.form(self.client.get(self.url)) | {"review_set-0-text": "fine"}
        with self.late(self.good, text="great"):
            response = self.client.post(self.url, form)
        self.assertContains(response, "Somebody else has changed this to “great”. Yours is “fine”.")
        self.assertNotContains(response, "was changed successfully")
        assert stored(self.good).text == "great"

    def test_a_change_of_a_lists_row_during_the_save_is_seen(self):
        with mock.patch.object(ItemAdmin, "list_editable", ["stock"]):
            form = self.form(self.client.get(f"{URL}?o=1")) | {"_save": "Save", "form-1-stock": "4"}
            with self.late(self.item, stock=9):
                response = self.client.post(f"{URL}?o=1", form)
        self.assertContains(response, "Somebody else has changed this to “9”. Yours is “4”.")
        assert (stored(self.item).stock, self.texts(response)) == (9, [])

    def test_a_change_during_the_deletion_is_seen(self):
        url = f"{URL}{self.other.pk}/delete/"
        form = self.form(self.client.get(url))
        delete_model, pending = ItemAdmin.delete_model, [1]

        def delete_late(*arguments):
            delete_model(*arguments)
            if pending:
                self.elsewhere(self.other, stock=pending.pop())

        with mock.patch.object(ItemAdmin, "delete_model", delete_late):
            response = self.client.post(url, form)
        self.assertRedirects(response, url)
        assert stored(self.other).stock == 1
        assert "stock was “5”, is “1”" in self.texts(response)[0]

    def test_what_it_costs(self):
        with mock.patch.object(ItemAdmin, "list_editable", ["stock"]):
            costs = []
            for stock, is_locked in ((4, False), (5, True)):
                form = self.form(self.client.get(f"{URL}?o=1")) | {"_save": "Save"}
                form |= {"form-0-stock": stock, "form-1-stock": stock}
                if not is_locked:
                    del form["form-_opened"]
                with counted() as made:
                    assert self.client.post(f"{URL}?o=1", form).status_code == 302
                costs.append([request for request in made.requests if "shelf_item" in request])
        assert len(costs[1]) - len(costs[0]) == 3  # for all rows: two reads, and one before the commit


class Deletions(Locked, TestCase):
    def setUp(self):
        super().setUp()
        self.url = f"{URL}{self.item.pk}/delete/"
        self.opened = self.form(self.client.get(self.url))

    def test_a_row_that_nobody_else_changed_is_deleted(self):
        self.assertRedirects(self.client.post(self.url, self.opened), URL)
        assert [item.name for item in Item.objects.all()] == ["Chair"]

    def test_a_changed_row_has_to_be_confirmed_again(self):
        self.elsewhere(self.item, name="Lantern", stock=4)
        response = self.client.post(self.url, self.opened)
        self.assertRedirects(response, self.url, fetch_redirect_response=False)
        page = self.client.get(self.url)
        self.assertContains(
            page,
            "The item “Lantern” was changed by somebody else since you opened the page: name was “Lamp”, is “Lantern”,"
            " stock was “3”, is “4”.",
        )
        self.assertContains(page, "delete the item “Lantern”")
        assert (Item.objects.count(), LogEntry.objects.count()) == (2, 0)
        self.assertRedirects(self.client.post(self.url, self.form(page)), URL)
        assert [item.name for item in Item.objects.all()] == ["Chair"]

    def test_an_input_that_was_tampered_with_is_refused(self):
        other = self.form(self.client.get(f"{URL}{self.other.pk}/delete/"))["_opened"]
        for value in ("x", self.opened["_opened"][:-1], other):
            self.assertRedirects(self.client.post(self.url, self.opened | {"_opened": value}), self.url)
        assert Item.objects.count() == 2

    def test_a_form_without_the_input_deletes_as_in_a_model_admin(self):
        self.elsewhere(self.item, name="Lantern")
        self.assertRedirects(self.client.post(self.url, {"post": "yes"}), URL)
        assert Item.objects.count() == 1

    def test_a_row_that_is_gone_is_reported(self):
        self.elsewhere(self.item)
        self.assertRedirects(self.client.post(self.url, self.opened), "/admin/", fetch_redirect_response=False)

    def test_popups_and_other_hooks_still_work(self):
        popup = self.client.get(f"{self.url}?_popup=1")
        form = self.form(popup)
        assert form["_popup"] == "1"
        self.assertContains(self.client.post(f"{self.url}?_popup=1", form), "popup_response")

    def test_passwords_are_not_in_the_page(self):
        user = User.objects.get()
        user_admin = type("Users", (AppwriteAdmin, UserAdmin), {})(User, site)
        request = RequestFactory().get("/")
        request.user = user
        for view in (user_admin.change_view, user_admin.delete_view):
            (values,) = read_values(User, view(request, str(user.pk)).context_data["appwrite_opened"]).values()
            assert "password" not in values
            assert values["username"] == "root"

    def test_who_may_delete_rows_and_not_look_at_them_gets_no_values(self):
        user = User.objects.create_user("shredder", is_staff=True)
        codenames = ["delete_item", "delete_review"]
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        self.client.force_login(user)
        opened = self.form(self.client.get(self.url))
        assert read_values(Item, opened["_opened"]) == {str(self.item.pk): {}}
        self.elsewhere(self.item, remark="new")
        response = self.client.post(self.url, opened)
        assert self.texts(response) == ["The item “Lamp” was deleted successfully."]
        assert [item.name for item in Item.objects.all()] == ["Chair"]


class Actions(Locked, TestCase):
    def setUp(self):
        super().setUp()
        self.opened = self.form(self.client.get(URL))
        self.rows = {"_selected_action": [self.item.pk, self.other.pk], "index": "0"}

    def post(self, action, **values):
        return self.client.post(URL, self.opened | self.rows | {"action": action} | values)

    def test_an_action_runs_on_rows_that_nobody_else_changed(self):
        assert self.post("clear_remarks").status_code == 302
        assert (stored(self.item).remark, self.texts(self.client.get(URL))) == ("", [])

    def test_an_action_does_not_run_on_a_changed_row(self):
        self.elsewhere(self.item, stock=4)
        response = self.post("clear_remarks")
        self.assertRedirects(response, URL, fetch_redirect_response=False)
        page = self.client.get(URL)
        self.assertContains(page, "The item “Lamp” was changed by somebody else since you opened the page")
        self.assertContains(page, "stock was “3”, is “4”")
        self.assertContains(page, "Nothing was done")
        assert stored(self.item).remark == "old"
        self.opened = self.form(page)
        self.post("clear_remarks")
        assert stored(self.item).remark == ""

    def test_long_texts_are_compared_and_are_not_in_the_page_twice(self):
        Item.objects.update(remark="old" + "x" * 50_000)
        self.opened = self.form(self.client.get(URL))
        assert len(self.opened["_opened"]) < 2_000
        change_form = self.form(self.client.get(self.url))
        assert len(change_form["_opened"]) < 2_000
        self.elsewhere(self.item, remark="old" + "x" * 49_999 + "y")
        self.post("clear_remarks")
        self.assertContains(self.client.get(URL), "remark was “oldxxx")
        assert stored(self.item).remark.endswith("y")
        response = self.client.post(self.url, change_form)
        assert "remark" in response.context["adminform"].form.errors

    def test_rows_of_a_list_without_columns_are_compared_by_the_fields_of_the_form(self):
        url = "/admin/shelf/tag/"
        opened = self.form(self.client.get(url)) | {"action": "delete_selected", "post": "yes"}
        self.elsewhere(self.tags[0], name="green")
        page = self.client.post(url, opened | {"_selected_action": [tag.pk for tag in self.tags]})
        self.assertContains(page, "name was “red”, is “green”")
        assert Tag.objects.count() == 2

    def test_keys_that_no_row_has_are_harmless(self):
        assert self.post("count_rows", _selected_action=["1"]).content == b"0"
        response = self.post("count_rows", _opened="x", _selected_action=["many"])
        self.assertRedirects(response, URL)

    def test_rows_that_are_not_selected_do_not_matter(self):
        self.elsewhere(self.item, stock=4)
        assert self.post("delete_selected", _selected_action=[self.other.pk], post="yes").status_code == 302
        assert not Item.objects.filter(pk=self.other.pk).exists()

    def test_the_deletion_of_changed_rows_asks_and_says_what_has_changed(self):
        self.elsewhere(self.item, stock=4)
        page = self.post("delete_selected", post="yes")
        self.assertContains(page, "stock was “3”, is “4”")
        self.assertContains(page, "Are you sure")
        assert Item.objects.count() == 2

        self.elsewhere(self.other, remark="mine")  # while the question is shown; it is not in the list
        form = self.form(page) | {"_selected_action": [self.item.pk, self.other.pk]}
        page = self.client.post(URL, form)
        self.assertContains(page, "remark was “-”, is “mine”")
        self.assertContains(page, "Are you sure")
        assert Item.objects.count() == 2

        form = self.form(page) | {"_selected_action": [self.item.pk, self.other.pk]}
        self.assertRedirects(self.client.post(URL, form), URL)
        assert not Item.objects.exists()

    def test_an_input_that_was_tampered_with_is_refused(self):
        response = self.post("clear_remarks", _opened="x")
        self.assertRedirects(response, URL, fetch_redirect_response=False)
        self.assertContains(self.client.get(URL), "This page is not up to date")
        assert stored(self.item).remark == "old"

    def test_a_list_without_the_input_is_that_of_a_model_admin(self):
        self.elsewhere(self.item, stock=4)
        del self.opened["_opened"]
        assert self.post("clear_remarks").status_code == 302
        assert stored(self.item).remark == ""

    def test_it_takes_one_request(self):
        costs = []
        for _ in range(2):
            with counted() as made:
                assert self.post("count_rows").content == b"2"
            costs.append(len([request for request in made.requests if "shelf_item" in request]))
            self.opened.pop("_opened", None)
            Item.objects.filter(pk=self.item.pk).update(stock=3)
            self.client.get(URL)
        assert costs[0] - costs[1] == 1, costs
