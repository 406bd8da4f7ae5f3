"""What docs/how-to/admin.md promises."""

import re

from django.contrib.auth.models import Group, User
from django.test import TestCase
from stations.models import Station

from django_appwrite_orm.contrib.testing import AppwriteAssertions

LIST = "/admin/stations/station/"


def inputs(page):
    """Return what a browser sends of the form of a page."""
    pairs = {}
    for tag in re.findall(r"<input[^>]*>", page):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if "name" in attributes and attributes.get("type") not in ("submit", "checkbox"):
            pairs.setdefault(attributes["name"], []).append(attributes.get("value", ""))
    return pairs


class Admin(AppwriteAssertions, TestCase):
    def setUp(self):
        self.user = User.objects.create_superuser("root")
        self.editors = Group.objects.create(name="editors")
        self.user.groups.add(self.editors)
        self.client.force_login(self.user)

    def test_a_station_is_added_with_tags_and_permissions(self):
        permissions = {"permissions-sent": "1", "permissions-0-role": "users", "permissions-0-read": "on"}
        data = {"name": "North", "height": "3", "tags": ["old", ""], **permissions}
        self.assertRedirects(self.client.post(f"{LIST}add/", data), LIST)
        station = Station.objects.get()
        assert (station.name, station.tags, station.permissions) == ("North", ["old"], ['read("users")'])
        self.assertContains(self.client.get(f"{LIST}?q=north"), "1 station")

    def test_pages_are_turned_by_links(self):
        Station.objects.bulk_create(Station(name=f"{number:03}") for number in range(120))
        seen, page = [], self.client.get(LIST)
        while True:
            seen += re.findall(r"/change/[^>]*>(\d{3})</a>", page.text)
            link = re.search(r'href="([^"]*)"[^>]*>\s*Next', page.text)
            if link is None:
                break
            page = self.client.get(LIST + link[1].replace("&amp;", "&"))
        assert seen == [f"{number:03}" for number in range(120)]

    def test_the_list_says_where_its_rows_came_from(self):
        Station.objects.create(name="North")
        self.assertContains(self.client.get(LIST), "Read from Appwrite just now")
        self.assertContains(self.client.get(LIST), "From the cache")
        self.assertContains(self.client.get(LIST), "Read again")

    def test_the_second_of_two_windows_is_not_saved_before_it_is_confirmed(self):
        url = f"{LIST}{Station.objects.create(name='North', height=3).pk}/change/"
        one, other = inputs(self.client.get(url).text), inputs(self.client.get(url).text)
        self.assertRedirects(self.client.post(url, one | {"height": "4"}), LIST)
        page = self.client.post(url, other | {"height": "5"})
        assert page.status_code == 200
        assert "4" in str(page.context["adminform"].form.errors["height"])
        assert Station.objects.get().height == 4
        self.assertRedirects(self.client.post(url, inputs(page.text)), LIST)
        assert Station.objects.get().height == 5

    def test_who_is_no_editor_only_looks(self):
        url = f"{LIST}{Station.objects.create(name='North', height=3).pk}/change/"
        self.assertContains(self.client.get(url), 'name="_save"')
        self.user.groups.remove(self.editors)
        self.assertNotContains(self.client.get(url), 'name="_save"')
        assert self.client.post(url, {"name": "South", "height": "1"}).status_code == 403
        assert Station.objects.get().name == "North"
