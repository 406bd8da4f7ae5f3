"""The form fields of AppwriteAdmin, and its editor of permissions."""

import datetime
import json
import re
from html.parser import HTMLParser
from unittest import mock
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.contrib.admin import site
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission as Right
from django.contrib.auth.models import User
from django.core import management
from django.db import models
from django.http import QueryDict
from django.test import TestCase, TransactionTestCase, override_settings

from django_appwrite_orm.connection import connections
from django_appwrite_orm.contrib.admin import AppwriteAdmin
from django_appwrite_orm.contrib.forms import ListField
from django_appwrite_orm.contrib.testing import AppwriteTestMixin
from django_appwrite_orm.models import model_of
from django_appwrite_orm.plans import TableRef, UpdateRow
from django_appwrite_orm.sansio import run_sync
from tests.support.costs import counted
from tests.support.pages import code_blocks

from .admin import StationAdmin
from .models import Paper
from .tables import Desk, Room, Station

ADA, ANY = 'read("user:ada")', 'read("any")'
LIST = "/admin/office/station/"
EMPTY = {
    **dict.fromkeys(("tags", "counts", "flags", "days", "kinds", "data", "place_latitude", "place_longitude"), ""),
    "route": "",
    "area": "",
}


class Site(AppwriteTestMixin):
    databases = "__all__"

    def setUp(self):
        self.client.force_login(User.objects.create_superuser("root", "root@example.org", "secret"))

    def make(self, **values):
        self.station = Station.objects.create(**{"name": "North", **values})
        self.url = f"{LIST}{self.station.id}/change/"
        self.fields = None
        return self.station

    def page(self):
        return self.client.get(self.url).content.decode()

    def form(self, page=None, **values):
        """Return what a browser sends for the form of a page, without scripts, with other values."""
        return {**fields_of(self.page() if page is None else page), **values}

    def save(self, **values):
        response = self.client.post(self.url, self.form(**values))
        assert response.status_code == 302, response.context["adminform"].form.errors
        self.fields = None
        return self.stored()

    def errors(self, **values):
        """Return the errors of a form that is refused. Its page is read once for several of them."""
        before = self.stored()
        self.fields = self.fields or self.form()
        response = self.client.post(self.url, {**self.fields, **values})
        assert response.status_code == 200
        assert self.stored().to_dict() == before.to_dict()
        return response.context["adminform"].form.errors

    def stored(self):
        return Station.objects.cached(0).get(id=self.station.id)

    def changed(self):
        """Return the labels of the changed fields in the log, or None where there is no entry."""
        entry = LogEntry.objects.order_by("-pk").first()
        message = json.loads(entry.change_message) if entry else []
        return message[0]["changed"]["fields"] if message else None


class FormParser(HTMLParser):
    """Reads what a browser would send for the form of the page, but for its buttons."""

    def __init__(self):
        super().__init__()
        self.values, self.depth, self.open = {}, 0, None

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.depth += tag == "form" and (attrs.get("id") or "").endswith("_form")
        name = attrs.get("name")
        if not self.depth or (not name and tag != "option"):
            return
        if tag in ("textarea", "select"):
            self.open = name
            self.values.setdefault(name, []).append("")
        elif tag == "option" and "selected" in attrs:
            self.values[self.open][-1] = attrs.get("value", "")
        elif tag == "input" and attrs.get("type") != "submit":
            if attrs.get("type") != "checkbox":
                self.values.setdefault(name, []).append(attrs.get("value", ""))
            elif "checked" in attrs:
                self.values.setdefault(name, []).append("on")

    def handle_data(self, data):
        if self.depth and self.open and self.get_starttag_text().startswith("<textarea"):
            self.values[self.open][-1] += data

    def handle_endtag(self, tag):
        self.depth -= tag == "form" and self.depth
        if tag in ("textarea", "select"):
            self.open = None


def fields_of(page):
    """Return the fields of the form on a page by their names; lists for several inputs of one name."""
    parser = FormParser()
    parser.feed(page)
    values = {name: [value.removeprefix("\n") for value in several] for name, several in parser.values.items()}
    return {name: several[0] if len(several) == 1 else several for name, several in values.items()}


class Lists(Site, TestCase):
    def test_each_item_has_an_input_and_there_are_empty_ones(self):
        self.make(tags=["a", 'b"<i>'], kinds=["tram"], flags=[True, False])
        form = self.form()
        assert form["tags"] == ["a", 'b"<i>', "", "", ""]
        assert form["kinds"] == ["tram", "", "", ""]
        assert form["flags"] == ["true", "false", "", "", ""]
        assert "<i>" not in self.page()
        self.assertContains(self.client.get(self.url), 'aria-label="Item 2"')

    def test_items_are_added_removed_and_moved(self):
        self.make(tags=["a", "b", "c"])
        values = {"tags": ["c", "", "a", " d ", ""], "counts": ["3", "0"], "flags": ["false", "true"]}
        station = self.save(**values, days=["2024-02-29"], kinds=["bus", "tram", "bus"])
        assert station.tags == ["c", "a", "d"]
        assert (station.counts, station.flags) == ([3, 0], [False, True])
        assert station.days == [datetime.date(2024, 2, 29)]
        assert station.kinds == ["bus", "tram", "bus"]
        assert self.changed() == ["Tags", "Counts", "Flags", "Days", "Kinds"]
        assert self.save(tags=["", ""], flags="").tags == []
        assert self.changed() == ["Tags", "Flags"]

    def test_a_form_that_is_saved_as_it_is_changes_nothing(self):
        self.make(
            tags=["b", "a", "b"],
            counts=[1, 2],
            flags=[False],
            days=["2024-02-29"],
            kinds=["tram"],
            data={"a": [1, 1.5, True, None, {"ü": "</script>"}], "b": {}},
            place=(4.9041, 52.3676),
            route=((4, 52), (5, 53.5)),
            area=(((0, 0), (4, 0), (4, 4), (0, 0)),),
            permissions=['update("user:ada")', ANY, 'write("team:staff/owner")', ADA],
        )
        before = self.stored()
        after = self.save()
        assert self.changed() is None
        assert after.to_dict() | {"updated_at": 0} == before.to_dict() | {"updated_at": 0}
        assert after.permissions == before.permissions  # in their order: they were not written

    def test_an_error_says_which_item_is_wrong(self):
        self.make()
        errors = self.errors(
            tags=["ok", "x" * 21], counts=["1", "two", "", "3"], days=["2024-02-30"], kinds=["bus", "plane"]
        )
        assert errors["tags"] == ["Item 2: Ensure this value has at most 20 characters (it has 21)."]
        assert errors["counts"] == ["Item 2: Enter a whole number."]
        assert errors["days"] == ["Item 1: Enter a valid date."]
        assert errors["kinds"] == ["Item 2: Select a valid choice. plane is not one of the available choices."]
        assert self.errors(counts=["5", "101"])["counts"] == ["Item 2: Ensure this value is less than or equal to 100."]

    def test_what_was_entered_is_shown_again(self):
        self.make(counts=[1])
        page = self.client.post(self.url, self.form(counts=["7", "two"])).content.decode()
        assert fields_of(page)["counts"] == ["7", "two", "", "", ""]
        assert 'aria-invalid="true"' in page

    def test_items_that_have_no_input_of_their_own_are_json(self):
        paper = Paper.objects.create(text="a", notes=["one", "two\nlines"], times=["2024-05-31T12:30:01Z"])
        url = f"/admin/office/paper/{paper.pk}/change/"
        form = fields_of(self.client.get(url).content.decode())
        assert form["notes"] == ["one", "two\nlines", "", "", ""]
        self.assertRedirects(self.client.post(url, form | {"notes": ["two\r\nlines"]}), "/admin/office/paper/")
        assert Paper.objects.get().notes == ["two\nlines"]

        station = self.make(tags=["a\nb", "c"])
        assert json.loads(self.form()["tags-json"]) == ["a\nb", "c"]
        self.save()
        assert self.changed() is None
        assert self.save(**{"tags-json": '["c", "d\\ne"]'}).tags == ["c", "d\ne"]
        assert station.id == self.station.id

    def test_a_long_list_is_json(self):
        self.make(counts=[number % 100 for number in range(300)])
        form = self.form()
        assert json.loads(form["counts-json"])[299] == 99
        self.save()
        assert self.changed() is None
        assert self.errors(**{"counts-json": '{"a": 1}'})["counts"] == ["Enter a list, such as [1, 2]."]
        assert self.errors(**{"counts-json": "[1, [2]]"})["counts"] == ["Item 2: A list or an object is not an item."]
        errors = self.errors(**{"counts-json": "[1,\n 2,\n x]"})["counts"]
        assert errors == ["This is not JSON. Line 3, column 2: Expecting value."]
        assert self.save(**{"counts-json": "[5, 6]"}).counts == [5, 6]
        assert self.form()["counts"] == ["5", "6", "", "", ""]

    def test_many_errors_are_counted(self):
        self.make()
        errors = self.errors(counts=["x"] * 50)["counts"]
        assert (len(errors), errors[-1]) == (21, "30 more items are wrong.")

    def test_points_in_time_within_a_second_are_not_changed(self):
        moment = datetime.datetime(2024, 5, 31, 12, 30, 1, 250_000, tzinfo=datetime.UTC)
        paper = Paper.objects.create(text="a", times=[moment])
        url = f"/admin/office/paper/{paper.pk}/change/"
        form = fields_of(self.client.get(url).content.decode())
        assert form["times"] == ["2024-05-31 12:30:01", "", "", ""]
        self.client.post(url, form)
        assert self.changed() is None

    def test_overrides_of_the_project_are_kept_beside_those_of_the_package(self):
        class Own(AppwriteAdmin):
            formfield_overrides = {models.CharField: {"widget": forms.Textarea}}

        form = Own(model_of(Station), site).get_form(mock.Mock(user=User(is_superuser=True, is_active=True)))
        assert isinstance(form.base_fields["name"].widget, forms.Textarea)
        assert isinstance(form.base_fields["tags"], ListField)


class Documents(Site, TestCase):
    def test_json_is_shown_in_lines(self):
        self.make(data={"a": [1], "ü": None})
        assert self.form()["data"] == '{\n  "a": [\n    1\n  ],\n  "ü": null\n}'
        assert 'class="appwrite-json"' in self.page()

    def test_an_error_says_where(self):
        self.make(data={"a": 1})
        assert self.errors(data='{"a": 1,\n "b" 2}')["data"] == [
            "This is not JSON. Line 2, column 6: Expecting ':' delimiter."
        ]
        page = self.client.post(self.url, self.form(data='{"a": "</textarea>", <b>')).content.decode()
        assert fields_of(page)["data"] == '{"a": "</textarea>", <b>'
        assert 'cols="' not in page

    def test_every_kind_of_document_is_saved(self):
        self.make(data={"a": 1})
        for text, document in (("[]", []), ('"a"', "a"), ("0", 0), ("false", False), ("1.5e3", 1500.0), ("", None)):
            assert self.save(data=text).data == document
            assert self.changed() == ["Data"]
        assert self.form()["data"] == ""
        self.save()
        assert self.changed() is None
        self.save(data="null")
        assert self.changed() is None

    def test_true_is_not_one(self):
        self.make(data={"a": 1})
        assert self.save(data='{"a": true}').data == {"a": True}
        assert self.changed() == ["Data"]


class Points(Site, TestCase):
    def test_a_point_is_latitude_and_longitude(self):
        self.make(place=(4.9041, 52.3676))
        form = self.form()
        assert (form["place_latitude"], form["place_longitude"]) == ("52.3676", "4.9041")
        page = self.page()
        assert '<label for="id_place_0">Latitude</label>' in page
        assert re.search(r'<input type="number" name="place_latitude"[^>]*min="-90"[^>]*max="90"', page)
        assert self.save(place_latitude="-33.8568", place_longitude="151.2153").place == (151.2153, -33.8568)
        assert self.changed() == ["Place"]
        assert self.save(place_latitude="", place_longitude="").place is None

    def test_wrong_points(self):
        self.make()
        for latitude, longitude, message in (
            ("90.1", "0", "A latitude is from -90 to 90."),
            ("0", "-180.5", "A longitude is from -180 to 180."),
            ("1", "", "Enter both latitude and longitude."),
            ("x", "0", "Enter two numbers: degrees of latitude and longitude."),
            ("nan", "0", "Enter two numbers: degrees of latitude and longitude."),
            ("0", "inf", "Enter two numbers: degrees of latitude and longitude."),
        ):
            assert self.errors(place_latitude=latitude, place_longitude=longitude)["place"] == [message]

    def test_a_line_is_json_with_a_point_a_line(self):
        self.make(route=((4, 52), (5, 53.5)))
        assert self.form()["route"] == "[\n  [4.0, 52.0],\n  [5.0, 53.5]\n]"
        assert self.save(route="[[1, 2], [3, 4]]").route == ((1, 2), (3, 4))
        for text, message in (
            ("[[1, 2]]", "Enter a list of at least 2 points [longitude, latitude]."),
            ("[[1, 2], [3]]", "Point 2: Enter [longitude, latitude], two numbers."),
            ("[[1, 2], [3, true]]", "Point 2: Enter [longitude, latitude], two numbers."),
            ("[[181, 2], [3, 4]]", "Point 1: A longitude is from -180 to 180."),
            ("[[1, 2], [3, -91]]", "Point 2: A latitude is from -90 to 90."),
            ("{}", "Enter a list of at least 2 points [longitude, latitude]."),
            ("[[1, 2],", "This is not JSON. Line 1, column 9: Expecting value."),
        ):
            assert self.errors(route=text)["route"] == [message]

    def test_a_polygon_is_json(self):
        self.make(area=(((0, 0), (4, 0), (4, 4), (0, 0)),))
        assert self.form()["area"].splitlines()[:3] == ["[", "  [", "    [0.0, 0.0],"]
        assert self.save(area="[[[1, 1], [2, 1], [2, 2], [1, 1]]]").area == (((1, 1), (2, 1), (2, 2), (1, 1)),)
        for text, message in (
            ("[[[1, 1], [2, 1]]]", "Ring 1: Enter a list of at least 4 points [longitude, latitude]."),
            ("[[[1, 1], [2, 1], [2, 2], [9, 9]]]", "Ring 1: A ring ends where it starts: append [1.0, 1.0]."),
            ("[[[1, 1], [2, 1], [2, 2], [1, 99]]]", "Ring 1: Point 4: A latitude is from -90 to 90."),
        ):
            assert self.errors(area=text)["area"] == [message]


class Permissions(Site, TestCase):
    def grid(self, page=None):
        return {name: value for name, value in self.form(page).items() if name.startswith("permissions")}

    def test_roles_are_rows_and_actions_are_checkboxes(self):
        self.make(permissions=[ADA, ANY, 'write("user:ada")', 'delete("label:vip")'])
        assert self.grid() == {
            "permissions-sent": "1",
            "permissions-0-current": "user:ada",
            "permissions-0-read": "on",
            "permissions-0-update": "on",
            "permissions-0-delete": "on",
            "permissions-1-current": "any",
            "permissions-1-read": "on",
            "permissions-2-current": "label:vip",
            "permissions-2-delete": "on",
            "permissions-3-role": "",
            "permissions-4-role": "",
            "permissions-5-role": "",
        }
        self.assertContains(self.client.get(self.url), "besides what the table allows for all rows: users: Read.")

    def test_roles_are_changed_added_and_removed(self):
        self.make(permissions=[ADA, ANY])
        station = self.save(
            **{
                "name": "South",
                "permissions-0-delete": "on",
                "permissions-1-remove": "on",
                "permissions-2-role": " team:staff/owner ",
                "permissions-2-read": "on",
                "permissions-2-update": "on",
                "permissions-17-role": "label:vip",
                "permissions-17-read": "on",
            }
        )
        assert station.name == "South"
        assert station.permissions == [
            'read("user:ada")',
            'delete("user:ada")',
            'read("team:staff/owner")',
            'update("team:staff/owner")',
            'read("label:vip")',
        ]
        assert self.changed() == ["Name", "Permissions"]
        assert LogEntry.objects.get().get_change_message() == "Changed Name and Permissions."

    def test_a_role_without_actions_is_removed(self):
        self.make(permissions=[ADA, ANY])
        form = self.form()
        del form["permissions-0-read"]
        assert self.client.post(self.url, form).status_code == 302
        assert self.stored().permissions == [ANY]

    def test_every_kind_of_role_is_taken(self):
        self.make()
        roles = (
            "any", "guests", "users", "users/verified", "users/unverified", "user:ada", "user:ada/verified", "team:t",
            "team:t/owner", "member:m", "label:vip",
        )  # fmt: skip
        values = {}
        for number, role in enumerate(roles):
            values |= {f"permissions-{number}-role": role, f"permissions-{number}-read": "on"}
        assert self.save(**values).permissions == [f'read("{role}")' for role in roles]

    def test_a_wrong_role_is_named_and_shown_again(self):
        self.make(permissions=[ADA])
        values = {
            "permissions-1-role": 'everybody"<b>',
            "permissions-1-read": "on",
            "permissions-2-role": "user:bob",
            "permissions-3-delete": "on",
        }
        errors = self.errors(**values)["permissions"]
        assert errors[0].startswith('“everybody"<b>” is not a role. Use any, guests,')
        assert list(errors)[1:] == ["Check what “user:bob” may do.", "Enter the role for which Delete is checked."]
        page = self.client.post(self.url, self.form(**values)).content.decode()
        assert "<b>" not in page
        shown = self.grid(page)
        assert (shown["permissions-0-current"], shown["permissions-1-role"]) == ("user:ada", 'everybody"<b>')
        assert (shown["permissions-1-read"], shown["permissions-2-role"]) == ("on", "user:bob")
        assert self.stored().permissions == [ADA]

    def test_more_than_a_row_can_have_are_refused(self):
        self.make()
        values = {}
        for number in range(51):
            values |= {f"permissions-{number}-role": f"user:u{number}"}
            values |= dict.fromkeys((f"permissions-{number}-read", f"permissions-{number}-update"), "on")
        errors = self.errors(**values)["permissions"]
        assert errors == ["These are 102 permissions; Appwrite allows 100 for a row."]

    def test_a_new_row_gets_them(self):
        form = EMPTY | {"name": "New", "permissions-sent": "1", "permissions-0-role": "any", "permissions-0-read": "on"}
        with counted() as costs:
            self.assertRedirects(self.client.post(f"{LIST}add/", form), LIST, fetch_redirect_response=False)
        assert Station.objects.get().permissions == [ANY]
        assert LogEntry.objects.get().get_change_message() == "Added."
        assert costs.requests

    def test_a_form_without_the_grid_keeps_them(self):
        self.make(permissions=[ADA])
        form = {name: value for name, value in self.form().items() if not name.startswith("permissions")}
        assert self.client.post(self.url, form | {"name": "South"}).status_code == 302
        assert (self.stored().name, self.stored().permissions) == ("South", [ADA])

    def test_showing_them_sends_no_request(self):
        self.make(permissions=[ADA])
        Station.objects.get(id=self.station.id)
        with counted() as costs:
            page = self.page()
        assert "user:ada" in page
        station = [request for request in costs.requests if "office_station" in request]
        assert station == []

    def test_a_change_of_somebody_else_is_noticed(self):
        self.make(permissions=[ADA])
        form = self.form(**{"permissions-1-role": "users", "permissions-1-read": "on"})
        self.station.permissions = [ANY]
        self.station.save()
        response = self.client.post(self.url, form)
        errors = response.context["adminform"].form.errors
        assert errors["permissions"] == [
            "Somebody else has changed this to “any: Read”. Yours is “user:ada: Read; users: Read”."
        ]
        assert self.stored().permissions == [ANY]
        assert not LogEntry.objects.exists()
        again = self.form(response.content.decode())
        response = self.client.post(self.url, again)
        assert response.status_code == 302, response.context["adminform"].form.errors
        assert set(self.stored().permissions) == {ADA, 'read("users")'}

    def test_a_change_that_the_cache_does_not_know_is_noticed(self):
        self.make(permissions=[ADA])
        form = self.form()
        assert model_of(Station).objects.get().permissions == [ADA]
        self.elsewhere((ANY,))
        assert "permissions" in self.client.post(self.url, form).context["adminform"].form.errors
        assert self.stored().permissions == [ANY]

    def elsewhere(self, permissions):
        appwrite = connections["default"]
        ref = TableRef(appwrite.settings.database_id, "office_station")
        run_sync(appwrite.send(UpdateRow(ref, self.station.id, {}, permissions).request))

    def test_who_may_only_view_sees_them(self):
        self.make(permissions=[ADA, 'update("user:ada")'], tags=["a", "b"], data={"a": [1]}, place=(4.9, -52.5))
        viewer = User.objects.create_user("viewer", is_staff=True)
        viewer.user_permissions.add(Right.objects.get(codename="view_station"))
        self.client.force_login(viewer)
        response = self.client.get(self.url)
        self.assertContains(response, "<li><code>user:ada</code>: Read, Update</li>")
        self.assertContains(response, '<ul class="appwrite-values"><li>a</li><li>b</li></ul>')
        self.assertContains(response, "52.5° S, 4.9° E")
        self.assertContains(response, '<pre class="appwrite-json">')
        self.assertNotContains(response, "permissions-sent")
        form = {"name": "South", "permissions-sent": "1", "permissions-0-role": "any", "permissions-0-read": "on"}
        assert self.client.post(self.url, form).status_code == 403
        assert self.stored().permissions == [ADA, 'update("user:ada")']

    def test_tables_without_row_security_have_no_editor(self):
        for name in ("desk", "room", "memo"):
            self.assertNotContains(self.client.get(f"/admin/office/{name}/add/"), "permissions-sent")
        self.assertContains(self.client.get("/admin/office/paper/add/"), "permissions-sent")

    def test_a_choice_of_fields_decides(self):
        self.make(permissions=[ADA])
        with mock.patch.object(StationAdmin, "fields", ["name"]):
            self.assertNotContains(self.client.get(self.url), "permissions-sent")
        with mock.patch.object(StationAdmin, "fieldsets", [(None, {"fields": [("permissions", "name")]})]):
            self.assertContains(self.client.get(self.url), "permissions-sent")
        with mock.patch.object(StationAdmin, "exclude", ["permissions"]):
            self.assertNotContains(self.client.get(self.url), "permissions-sent")
        with mock.patch.object(StationAdmin, "readonly_fields", ["permissions", "tags"]):
            response = self.client.get(self.url)
            self.assertNotContains(response, "permissions-sent")
            self.assertContains(response, "<code>user:ada</code>: Read")

    def test_models_have_it_too(self):
        paper = Paper.objects.create(text="a", permissions=[ANY])
        url = f"/admin/office/paper/{paper.pk}/change/"
        form = fields_of(self.client.get(url).content.decode()) | {"permissions-0-update": "on"}
        self.assertRedirects(self.client.post(url, form), "/admin/office/paper/")
        assert Paper.objects.get().permissions == [ANY, 'update("any")']

    def test_texts_that_are_not_permissions_are_shown(self):
        self.make()
        with mock.patch.object(model_of(Station), "permissions", [ANY, "<i>odd", 'create("any")']):
            page = self.page()
        assert "&lt;i&gt;odd" in page
        assert "create(&quot;any&quot;)" in page
        assert self.grid(page)["permissions-0-current"] == "any"


class Commits(Site, TransactionTestCase):
    def test_row_and_permissions_are_saved_by_one_request(self):
        self.make(permissions=[ADA])
        form = self.form(**{"name": "South", "permissions-0-update": "on"})
        with counted() as costs:
            assert self.client.post(self.url, form).status_code == 302
        changes = [request for request in costs.requests if not request.startswith("GET")]
        assert len([request for request in changes if "office_station" in request or "operations" in request]) == 1
        assert (self.stored().name, self.stored().permissions) == ("South", [ADA, 'update("user:ada")'])

    def test_a_change_of_permissions_during_the_save_is_noticed(self):
        self.make(permissions=[ADA])
        form = self.form(name="South")
        save_model, pending = StationAdmin.save_model, [1]

        def save_late(*arguments):
            if pending:
                pending.clear()
                Permissions.elsewhere(self, (ANY,))
            save_model(*arguments)

        with mock.patch.object(StationAdmin, "save_model", save_late):
            errors = self.client.post(self.url, form).context["adminform"].form.errors
        assert "permissions" in errors
        assert (self.stored().name, self.stored().permissions) == ("North", [ANY])

    def test_what_the_editor_costs(self):
        self.make(permissions=[ADA])
        with mock.patch.object(StationAdmin, "exclude", ["permissions"]):
            form = self.form(name="South")
            with counted() as without:
                assert self.client.post(self.url, form).status_code == 302
        form = self.form(**{"name": "West", "permissions-0-update": "on"})
        with counted() as costs:
            assert self.client.post(self.url, form).status_code == 302
        # Without the numbers of the admin's log, which come in blocks of 100.
        counts = [len([request for request in log.requests if "django_" not in request]) for log in (costs, without)]
        assert counts[0] - counts[1] == 1


class Display(Site, TestCase):
    def test_a_change_list_shows_values_as_people_read_them(self):
        self.make(
            tags=["a", "<b>"],
            flags=[True, False],
            days=["2024-02-29"],
            data={"a": ["ü", None], "b": "x" * 200},
            place=(-4.5, 52),
            route=((4, 52), (5, 53.5)),
            area=(((0, 0), (4, 0), (4, 4), (0, 0)),),
            permissions=[ADA],
        )
        page = self.client.get(LIST).content.decode()
        cells = re.findall(r'<t[dh] class="field-(\w+)[^"]*">(.*?)</t[dh]>', page)
        shown = {name: re.sub(r"<.*?>", "", text) for name, text in cells}
        assert shown["tags"] == "a, &lt;b&gt;"
        assert shown["flags"] == "Yes, No"
        assert shown["days"] == "Feb. 29, 2024"
        assert shown["data"].startswith("{&quot;a&quot;: [&quot;ü&quot;, null]")
        assert shown["data"].endswith("x…")
        assert shown["place"] == "52.0° N, 4.5° W"
        assert shown["route"] == "Line of 2 points"
        assert shown["area"] == "Polygon of 3 corners"
        assert shown["permissions"] == "user:ada: Read"
        assert "<b>" not in page
        assert "('" not in page

    def test_columns_keep_their_links_and_orders(self):
        self.make(tags=["a"])
        page = self.client.get(LIST).content.decode()
        assert re.search(r'<td class="field-tags nowrap"><a href|<t[dh] class="field-tags"><a href', page)
        assert "?o=2" in page
        assert "?o=6" not in page  # a point has no order
        assert self.client.get(f"{LIST}?o=2").status_code == 200

    def test_empty_values_have_the_text_of_the_site(self):
        self.make()
        page = self.client.get(LIST).content.decode()
        assert re.search(r'class="field-tags">(<a [^>]*>)?-', page)
        assert re.search(r'class="field-place">-', page)

    def test_fields_that_are_only_shown(self):
        self.make(route=((4, 52), (5, 53.5)), data={"a": "<b>"}, tags=[])
        with mock.patch.object(StationAdmin, "readonly_fields", ["route", "data", "tags", "place"]):
            page = self.page()
        assert 'Line of 2 points<pre class="appwrite-json">[\n  [4.0, 52.0],\n  [5.0, 53.5]\n]</pre>' in page
        assert "&quot;a&quot;: &quot;&lt;b&gt;&quot;" in page
        assert re.search(r'field-tags">.*?<div class="readonly">-</div>', page, re.DOTALL)


class Files(Site, TestCase):
    def test_pages_have_no_script_and_no_style_of_their_own(self):
        self.make(tags=["a"], counts=list(range(100)) * 3, data={}, permissions=[ADA])
        viewer = User.objects.create_user("viewer", is_staff=True)
        viewer.user_permissions.add(Right.objects.get(codename="view_station"))
        for user in (User.objects.get(username="root"), viewer):
            self.client.force_login(user)
            for url in (self.url, LIST):
                page = self.client.get(url).content.decode()
                assert not re.search(r"<style|\sstyle=|\son\w+=", page)
                assert [
                    script for script in re.findall(r"<script(?![^>]*src=)[^>]*>", page) if "json" not in script
                ] == []
                assert "django_appwrite_orm/forms.css" in page
        assert "django_appwrite_orm/forms.js" not in page

    def test_files_are_collected_with_their_hashes(self):
        import tempfile

        storages = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}}
        with (
            tempfile.TemporaryDirectory() as folder,
            self.modify_settings(INSTALLED_APPS={"append": "django.contrib.staticfiles"}),
            override_settings(STATIC_ROOT=folder, STORAGES=storages),
        ):
            management.call_command("collectstatic", interactive=False, verbosity=0)
            self.make()
            page = self.page()
        assert re.search(r"/static/django_appwrite_orm/forms\.[0-9a-f]{12}\.css", page)
        assert re.search(r"/static/django_appwrite_orm/forms\.[0-9a-f]{12}\.js", page)


class AnyForm(Site, TestCase):
    def test_the_form_on_the_page_of_the_documentation(self):
        blocks = code_blocks("reference/admin.md", "python")
        (block,) = (block for block in blocks if block.text.startswith("from django import forms\n"))
        names = {"model_of": model_of, "Station": Station}
        block.run(names)
        form_class = names["StationForm"]
        self.make(tags=["a"], place=(1, 2), permissions=[ANY])
        instance = model_of(Station).objects.get()
        data = {"name": "South", "tags": "b", "data": "[1]", "place_latitude": "5", "place_longitude": "6"}
        form = form_class(QueryDict(urlencode(data)), instance=instance)
        assert form.is_valid(), form.errors
        assert form.changed_data == ["name", "tags", "data", "place"]
        form.save()
        station = self.stored()
        assert (station.tags, station.data, station.place, station.permissions) == (["b"], [1], (6, 5), [ANY])
        assert 'value="any"' in form_class(instance=instance).as_p()
        assert "django_appwrite_orm/forms.js" in str(form.media)
        data |= {"permissions-sent": "1", "permissions-0-role": "users", "permissions-0-read": "on"}
        assert form_class(data, instance=instance).is_valid()
        assert instance.permissions == ['read("users")']
        assert not form_class(data | {"permissions-0-role": "x"}, instance=instance).is_valid()
        assert form_class().as_p()

    def test_an_inline_has_the_fields_too(self):
        room, own = Room.objects.create(name="North"), {models.JSONField: {"form_class": forms.JSONField}}
        inline = type("Inline", (admin.StackedInline,), {"model": model_of(Desk), "formfield_overrides": own})
        with mock.patch.object(site.get_model_admin(model_of(Room)), "inlines", [inline]):
            page = self.client.get(f"/admin/office/room/{room.id}/change/")
            (formset,) = page.context["inline_admin_formsets"]
            fields = formset.formset.empty_form.fields
            assert (type(fields["tags"]), type(fields["data"])) == (ListField, forms.JSONField)
            self.assertContains(page, "django_appwrite_orm/forms.js")
            form = fields_of(page.content.decode())
            form |= {"desk_set-0-name": "Oak", "desk_set-0-tags": ["a", "", "b"], "desk_set-0-is_sold": "false"}
            response = self.client.post(f"/admin/office/room/{room.id}/change/", form)
        assert response.status_code == 302, response.context["errors"]
        assert Desk.objects.get().tags == ["a", "b"]
