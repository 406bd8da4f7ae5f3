"""Hostile input for the forms of AppwriteAdmin: an error of the form, never one of the server."""

import json
from unittest import mock

from django.contrib.auth.models import Permission as Right
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.test import TestCase

from django_appwrite_orm.contrib.admin.display import displayed
from django_appwrite_orm.contrib.forms.strict_json import MAX_DEPTH, parse_json, pretty_json
from django_appwrite_orm.models import model_of

from .models import Paper
from .steps_forms import EMPTY, LIST, Site
from .tables import Station

HALF = "\ud800"
MARKUP = "\"'><script>alert(1)</script>"


class Documents(Site, TestCase):
    def test_documents_that_cannot_be_stored(self):
        self.make(data={"a": 1})
        for text, message in (
            ("[" * 10_000 + "]" * 10_000, f"Lists and objects stand in one another more than {MAX_DEPTH} levels deep."),
            ('{"a":' * 10_000, "levels deep"),
            ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "levels deep"),
            ("NaN", "This is not JSON. Line 1, column 1: JSON has no NaN."),
            ('{"NaN": "NaN",\n "b": -Infinity}', "Line 2, column 7: JSON has no -Infinity."),
            ("1e999", "The number 1e999 is too large."),
            ("9" * 5_000, "A number has too many digits."),
            ('["\\ud800"]', "A text has half of a surrogate pair"),
            ('{"\\udfff": 1}', "A text has half of a surrogate pair"),
            ('"\x00"', "Invalid control character"),
            ("\x00", "Line 1, column 1"),
            ("\ufeff1", "Line 1, column 1"),
        ):
            errors = self.errors(data=text)["data"]
            assert message in errors[0], (text[:20], errors)

    def test_the_deepest_document_is_saved(self):
        self.make()
        self.save(data="[" * MAX_DEPTH + "]" * MAX_DEPTH)
        self.save()
        assert self.changed() is None

    def test_stored_documents_that_no_form_takes_are_shown(self):
        deep = json.loads("[" * 400 + "]" * 400)
        paper = Paper.objects.create(text="a", data=deep)
        url = f"/admin/office/paper/{paper.pk}/change/"
        assert "[" * 400 in self.client.get(url).content.decode()
        Paper.objects.update(data={"a": HALF})
        self.assertContains(self.client.get(url), "\\ud800")
        viewer = User.objects.create_user("viewer", is_staff=True)
        viewer.user_permissions.add(Right.objects.get(codename="view_paper"))
        self.client.force_login(viewer)
        self.assertContains(self.client.get(url), "\\ud800")
        Paper.objects.update(data=deep)
        assert "[" * 400 in self.client.get(url).content.decode()

    def test_documents_that_cannot_be_written_are_not_overwritten(self):
        deep = []
        for _ in range(200_000):
            deep = [deep]
        assert pretty_json(deep) == "(a document that is too deep to be shown)"
        with self.assertRaisesMessage(ValidationError, "This is not JSON."):
            parse_json(pretty_json(deep))
        field = model_of(Station)._meta.get_field("data")
        for place in ("line", "block"):
            assert "too deep to be shown" in displayed(deep, field, "-", place)


class Lists(Site, TestCase):
    def test_lists_in_json(self):
        self.make()
        for text, message in (
            ("[" * 10_000, "levels deep"),
            ("[NaN]", "JSON has no NaN"),
            ("[[1]]", "Item 1: A list or an object is not an item."),
            ("[null]", "Item 1: This field is required."),
            ("1", "Enter a list"),
            (json.dumps([1] * 10_001), "There are 10001 items; at most 10000 are possible."),
            ("[1e400]", "too large"),
            ("[99999999999999999999999]", "Item 1: Ensure this value is less than or equal to"),
        ):
            errors = self.errors(**{"counts-json": text})["counts"]
            assert message in errors[0], errors

    def test_items_in_inputs(self):
        self.make()
        assert self.errors(tags=["x" * 100_000])["tags"][0].startswith("Item 1: Ensure this value has at most 20")
        assert "Item 1: Enter a whole number." in self.errors(counts=["9" * 5_000])["counts"]
        assert "Item 1: Null characters are not allowed." in self.errors(tags=["a\x00"])["tags"]
        assert self.errors(flags=["maybe", "true"])["flags"][0].startswith("Item 1: Select a valid choice.")
        assert self.errors(days=["0000-00-00"])["days"] == ["Item 1: Enter a valid date."]
        page = self.client.post(self.url, self.form(tags=[MARKUP * 3])).content.decode()
        assert "<script>alert" not in page

    def test_a_text_in_several_lines_in_one_input_is_one_item(self):
        self.make()
        assert self.save(tags="old\r\nred").tags == ["old\nred"]

    def test_a_form_of_too_many_fields_is_refused_as_by_django(self):
        self.make()
        assert self.client.post(self.url, self.form(tags=["a"] * 2_000)).status_code == 400

    def test_stored_items_with_half_of_a_character_are_shown(self):
        self.make()
        row = model_of(Station).objects.get()
        row.tags = [HALF, "b"]
        with mock.patch("django_appwrite_orm.contrib.admin.AppwriteAdmin.get_object", return_value=row):
            self.assertContains(self.client.get(self.url), "\\ud800")
        with (
            mock.patch("django_appwrite_orm.contrib.admin.AppwriteAdmin.get_object", return_value=row),
            mock.patch("office.admin.StationAdmin.readonly_fields", ["tags"]),
        ):
            self.assertContains(self.client.get(self.url), "\\ud800")


class Points(Site, TestCase):
    def test_points_and_shapes(self):
        self.make()
        for number in ("1e999", "-inf", "0x10", "٣x", "1,5", "9" * 5_000, MARKUP):
            errors = self.errors(place_latitude=number, place_longitude="0")["place"]
            assert errors[0].startswith(("A latitude is", "Enter two numbers")), (number, errors)
        for text in (
            "[[1e400, 0], [0, 0]]",
            "[[1, 2], null]",
            '["ab", "cd"]',
            "[" * 10_000,
            f"[[{'9' * 400}, 1], [1, 1]]",
        ):
            assert self.errors(route=text)["route"]
            assert self.errors(area=text)["area"]


class Permissions(Site, TestCase):
    def test_roles(self):
        self.make(permissions=['read("any")'])
        for role in (
            MARKUP,
            'any")',
            "user:" + "x" * 37,
            "x" * 100_000,
            "user:a b",
            "label:ü",
            "ANY",
            "\x00",
            "user:",
            "%s",
        ):
            errors = self.errors(**{"permissions-1-role": role, "permissions-1-read": "on"})
            assert "is not a role" in errors["permissions"][0], role
            assert len(errors["permissions"][0]) < 300

    def test_fields_that_were_tampered_with(self):
        self.make(permissions=['read("any")'])
        for values in (
            {"permissions-0-current": MARKUP},
            {"permissions-0-role": MARKUP, "permissions-0-read": "on"},
            {"permissions-9999-role": "nobody", "permissions-9999-read": "x"},
            {"permissions-0-current": ["any", "everybody"]},
        ):
            assert self.errors(**values)["permissions"]
        for values in (
            {"permissions-99999-role": "users", "permissions-99999-read": "on"},
            {"permissions-x-role": "users", "permissions-x-read": "on"},
            {"permissions-1-create": "on", "permissions-1-write": "on"},
            {"permissions-sent": ""},
        ):
            assert self.save(**values).permissions == ['read("any")']
        assert self.save(**{"permissions-0-current": "users"}).permissions == ['read("users")']

    def test_a_form_without_the_fields_of_the_grid(self):
        self.make(permissions=['read("any")'])
        form = {name: value for name, value in self.form().items() if not name.startswith("permissions-0")}
        assert self.client.post(self.url, form).status_code == 302
        assert self.stored().permissions == []


class Forms(Site, TestCase):
    def test_fields_that_are_missing(self):
        self.make(tags=["a"], data={"a": 1}, place=(1, 2), permissions=['read("any")'])
        assert self.client.post(self.url, {}).status_code == 200
        assert self.client.post(self.url, {"name": "South"}).status_code == 302
        assert self.client.post(self.url, {"name": "South", "_opened": self.form()["_opened"]}).status_code == 302
        assert self.client.post(f"{LIST}add/", {"name": "New"}).status_code == 302

    def test_initial_values_from_the_address(self):
        names = ("tags", "counts", "flags", "days", "kinds", "data", "place", "route", "area", "permissions")
        for value in (MARKUP, "", "[" * 5_000, "[1, 2]", "NaN", 'read("any")'):
            page = self.client.get(f"{LIST}add/", dict.fromkeys(names, value))
            assert page.status_code == 200
            self.assertNotContains(page, "<script>alert")

    def test_saving_as_new_takes_permissions(self):
        self.make(permissions=['read("any")'])
        with mock.patch("office.admin.StationAdmin.save_as", True):
            response = self.client.post(self.url, self.form(_saveasnew="1", name="Copy"))
        assert response.status_code == 302
        assert Station.objects.get(name="Copy").permissions == ['read("any")']

    def test_an_empty_form_adds_a_row_without_permissions(self):
        assert self.client.post(f"{LIST}add/", EMPTY | {"name": "New"}).status_code == 302
        assert Station.objects.get().permissions == []
