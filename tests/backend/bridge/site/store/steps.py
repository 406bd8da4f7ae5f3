"""The admin and DRF over tables, under Django's test runner."""

import datetime

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.forms import modelform_factory
from django.test import TestCase

from django_appwrite_orm.contrib.testing import AppwriteTestMixin
from django_appwrite_orm.models import model_of

from .tables import Lamp, Maker, Product, Topic, Volume, Writer

FORM = {
    "name": "Sun",
    "stock": "3",
    "colour": "blue",
    "made": "2024-05-31",
    "seen_0": "2024-05-31",
    "seen_1": "12:30:00",
    "tags": "warm\nlarge",
    "data": '{"a": 1}',
    "home": "192.0.2.1",
    "place": "[13.4, 52.5]",
    "secret": "hush",
}


class Store(AppwriteTestMixin, TestCase):
    databases = "__all__"

    @classmethod
    def setUpTestData(cls):
        cls.north, cls.south = (Maker.objects.create(name=name) for name in ("North", "South"))
        cls.lamps = [
            Lamp.objects.create(
                name=f"Lamp {number}",
                maker=cls.north if number < 2 else cls.south,
                stock=number,
                colour="blue" if number == 2 else "red",
                made=datetime.date(2020 + number, 3, 1),
            )
            for number in range(3)
        ]
        cls.root = User.objects.create_superuser("root", "root@example.org", "secret")

    def setUp(self):
        self.client.force_login(self.root)


class Admin(Store):
    def listed(self, query):
        response = self.client.get(f"/admin/store/lamp/?{query}")
        assert response.status_code == 200, response
        return sorted(lamp.name[-1] for lamp in response.context["cl"].result_list)

    def test_index(self):
        self.assertContains(self.client.get("/admin/"), "Lamps")

    def test_changelist_with_search_filters_orders_and_date_hierarchy(self):
        assert self.listed("") == list("012")
        assert self.listed("q=lamp+1") == ["1"]
        assert self.listed("q=north") == ["0", "1"]
        assert self.listed("colour__exact=blue") == ["2"]
        assert self.listed(f"maker__id__exact={self.south.id}") == ["2"]
        assert self.listed("is_sold__exact=0&q=lamp") == list("012")
        assert self.listed("made__year=2021") == ["1"]
        assert self.listed("o=-3") == list("012")
        self.assertContains(self.client.get("/admin/store/lamp/"), "South")

    def test_list_editable(self):
        listed = self.client.get("/admin/store/lamp/").context["cl"].result_list
        form = {"form-TOTAL_FORMS": "3", "form-INITIAL_FORMS": "3", "_save": "Save"}
        for place, lamp in enumerate(listed):
            form |= {f"form-{place}-id": lamp.pk, f"form-{place}-stock": str(lamp.stock + 1)}
        assert self.client.post("/admin/store/lamp/", form).status_code == 302
        assert sorted(lamp.stock for lamp in Lamp.objects.all()) == [1, 2, 3]

    def test_actions(self):
        chosen = [lamp.id for lamp in self.lamps[:2]]
        self.client.post("/admin/store/lamp/", {"action": "paint_blue", "_selected_action": chosen})
        assert Lamp.objects.filter(colour="blue").count() == 3
        form = {"action": "delete_selected", "_selected_action": chosen}
        self.assertContains(self.client.post("/admin/store/lamp/", form), "Are you sure")
        self.client.post("/admin/store/lamp/", form | {"post": "yes"})
        assert [lamp.name for lamp in Lamp.objects.all()] == ["Lamp 2"]

    def test_add_change_history_and_delete(self):
        form = FORM | {"maker": self.north.id}
        self.assertRedirects(self.client.post("/admin/store/lamp/add/", form), "/admin/store/lamp/")
        lamp = Lamp.objects.get(name="Sun")
        assert (lamp.stock, lamp.colour, lamp.tags, lamp.place) == (3, "blue", ["warm", "large"], (13.4, 52.5))
        assert (lamp.data, lamp.secret, lamp.maker_id) == ({"a": 1}, "hush", self.north.id)
        assert lamp.seen == datetime.datetime(2024, 5, 31, 12, 30, tzinfo=datetime.UTC)
        url = f"/admin/store/lamp/{lamp.id}/"
        page = self.client.get(f"{url}change/")
        self.assertContains(page, "Sun of 3")
        self.assertContains(page, "[13.4, 52.5]")
        self.assertContains(page, "North")
        form |= {"name": "Moon", "tags": "", "data": "", "place": "", "maker": ""}
        self.assertRedirects(self.client.post(f"{url}change/", form), "/admin/store/lamp/")
        lamp = Lamp.objects.get(id=lamp.id)
        assert (lamp.name, lamp.tags, lamp.data, lamp.place, lamp.maker_id) == ("Moon", [], None, None, None)
        self.assertContains(self.client.get(f"{url}history/"), "Changed Name")
        self.assertContains(self.client.get(f"{url}delete/"), "Are you sure")
        self.assertRedirects(self.client.post(f"{url}delete/", {"post": "yes"}), "/admin/store/lamp/")
        assert not Lamp.objects.filter(id=lamp.id).exists()
        assert [entry.action_flag for entry in LogEntry.objects.order_by("pk")] == [1, 2, 3]
        assert ContentType.objects.get(app_label="store", model="lamp").model_class() is model_of(Lamp)

    def test_a_form_says_what_is_wrong(self):
        form = FORM | {"stock": "-1", "place": "[200, 0]", "tags": "x" * 21, "colour": "green"}
        errors = self.client.post("/admin/store/lamp/add/", form).context["adminform"].form.errors
        assert sorted(errors) == ["colour", "place", "stock", "tags"]
        errors = self.client.post("/admin/store/lamp/add/", FORM | {"is_sold": "true"}).context["adminform"].form.errors
        assert errors == {"stock": ["Sold lamps are not in stock."]}
        form = {"name": "North", "lamp_set-TOTAL_FORMS": "0", "lamp_set-INITIAL_FORMS": "0"}
        errors = self.client.post("/admin/store/maker/add/", form).context["adminform"].form.errors
        assert errors == {"name": ["Maker with this Name already exists."]}

    def test_autocomplete(self):
        query = "app_label=store&model_name=lamp&field_name=maker&term=nor"
        results = self.client.get(f"/admin/autocomplete/?{query}").json()["results"]
        assert results == [{"id": self.north.id, "text": "North"}]

    def test_inlines(self):
        url = f"/admin/store/maker/{self.north.id}/change/"
        self.assertContains(self.client.get(url), "Lamp 1")
        form = {"name": "Nord", "lamp_set-TOTAL_FORMS": "3", "lamp_set-INITIAL_FORMS": "2"}
        for place, lamp in enumerate(self.lamps[:2]):
            form |= {f"lamp_set-{place}-{name}": str(getattr(lamp, name)) for name in ("id", "name", "stock")}
            form[f"lamp_set-{place}-maker"] = self.north.id
        form |= {"lamp_set-0-DELETE": "on", "lamp_set-1-stock": "9"}
        form |= {"lamp_set-2-name": "New", "lamp_set-2-stock": "1", "lamp_set-2-maker": self.north.id}
        self.assertRedirects(self.client.post(url, form), "/admin/store/maker/")
        assert Maker.objects.get(id=self.north.id).name == "Nord"
        lamps = {lamp.name: lamp.stock for lamp in Lamp.objects.filter(maker=self.north.id)}
        assert lamps == {"Lamp 1": 9, "New": 1}

    def test_rows_with_relationships(self):
        writer = Writer.objects.create(name="Ada")
        form = {"title": "Sea", "writer": writer.id}
        self.assertRedirects(self.client.post("/admin/store/volume/add/", form), "/admin/store/volume/")
        volume = Volume.objects.get()
        assert volume.writer_id == writer.id
        volume.topics = [Topic.objects.create(name="Water")]
        volume.save()
        self.assertContains(self.client.get("/admin/store/volume/"), "Ada")
        self.assertContains(self.client.get(f"/admin/store/volume/{volume.id}/change/"), "Topic: ")
        self.client.post(f"/admin/store/writer/{writer.id}/delete/", {"post": "yes"})
        assert Volume.objects.get().writer_id is None
        assert [topic.name for topic in Volume.objects.get().topics.all()] == ["Water"]

    def test_staff_need_the_permissions_of_the_model(self):
        user = User.objects.create_user("ada", password="secret", is_staff=True)
        self.client.force_login(user)
        assert self.client.get("/admin/store/lamp/").status_code == 403
        user.user_permissions.add(Permission.objects.get(codename="view_lamp", content_type__app_label="store"))
        assert self.client.get("/admin/store/lamp/").status_code == 200
        assert self.client.get("/admin/store/lamp/add/").status_code == 403

    def test_the_example_of_the_docs(self):
        form = {"name": "Chair", "price": "9.50", "stock": "2"}
        self.assertRedirects(self.client.post("/admin/store/product/add/", form), "/admin/store/product/")
        product = Product.objects.get()
        assert (str(product.price), product.stock, product.revision) == ("9.50", 2, 1)
        self.client.post(f"/admin/store/product/{product.id}/change/", form | {"stock": "1"})
        assert Product.objects.get().revision == 2
        self.assertContains(self.client.get("/admin/store/product/?q=chair"), "9.50")


class Others(Store):
    def test_rest_framework(self):
        form = {"name": "Sun", "stock": 3, "made": "2024-05-31", "tags": ["a"], "data": [1], "place": [1, 2]}
        response = self.client.post("/api/lamps/", form | {"maker": self.north.id}, content_type="application/json")
        assert response.status_code == 201, response.content
        answer = response.json()
        lamp = Lamp.objects.get(id=answer["id"])
        assert (lamp.name, lamp.tags, lamp.data, lamp.place, lamp.colour) == ("Sun", ["a"], [1], (1.0, 2.0), "red")
        assert {name: answer[name] for name in form} == form
        assert (answer["maker"], answer["colour"]) == (self.north.id, "red")
        assert [lamp["name"] for lamp in self.client.get("/api/lamps/").json()] == ["Lamp 0", "Lamp 1", "Lamp 2", "Sun"]
        url = f"/api/lamps/{lamp.id}/"
        response = self.client.patch(url, {"stock": -1, "colour": "green"}, content_type="application/json")
        assert (response.status_code, sorted(response.json())) == (400, ["colour", "stock"])
        response = self.client.patch(url, {"maker": "nobody"}, content_type="application/json")
        assert (response.status_code, sorted(response.json())) == (400, ["maker"])
        assert self.client.patch(url, {"stock": 9}, content_type="application/json").status_code == 200
        assert Lamp.objects.get(id=lamp.id).stock == 9
        assert self.client.delete(url).status_code == 204
        assert not Lamp.objects.filter(id=lamp.id).exists()

    def test_model_forms(self):
        form = modelform_factory(model_of(Maker), fields="__all__")({"name": "East"})
        assert Maker.objects.get(id=form.save().pk).name == "East"
        assert not modelform_factory(model_of(Maker), fields="__all__")({"name": "East"}).is_valid()

    def test_checks_and_migrations(self):
        call_command("check", databases=["default"])
        call_command("makemigrations", "--check", "--dry-run", verbosity=0)
        assert apps.get_model("store", "lamp") is model_of(Lamp)
