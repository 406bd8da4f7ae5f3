"""The code on the page about the admin runs, as the files of an app under Django's test runner."""

from __future__ import annotations

from pathlib import Path

from tests.support.pages import code_blocks
from tests.support.projects import run

BLOCKS = code_blocks("reference/admin.md", "python")
SETTINGS = """
from tests.support.site_settings import *
from tests.support.site_settings import APPWRITE, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "django_appwrite_orm", "stations"]
DATABASES = {"default": APPWRITE}
ROOT_URLCONF = "urls"
"""
URLS = """
from django.contrib import admin
from django.urls import path
from stations.admin import Station, StationViewer, model_of

viewing = admin.AdminSite("viewing")
viewing.register(model_of(Station), StationViewer)
urlpatterns = [path("admin/", admin.site.urls), path("viewing/", viewing.urls)]
"""
STEPS = """
from django.contrib.auth.models import User
from django.test import TestCase

from django_appwrite_orm.contrib.testing import AppwriteTestMixin
from stations.admin import StationForm, names_on_page
from stations.tables import Station

DATA = {"name": "North", "tags": ["old"], "data": "{}", "place_latitude": "52.4", "place_longitude": "4.9"}
ROLE = {"permissions-sent": "1", "permissions-0-role": "users", "permissions-0-read": "on"}


class Page(AppwriteTestMixin, TestCase):
    def setUp(self):
        self.client.force_login(User.objects.create_superuser("root"))

    def saved(self):
        row = Station.objects.get()
        assert (row.name, row.tags, row.data, row.place) == ("North", ["old"], {}, (4.9, 52.4))
        assert row.permissions == ['read("users")']

    def test_admin(self):
        self.client.post("/admin/stations/station/add/", {**DATA, **ROLE})
        self.saved()
        assert "North" in self.client.get("/admin/stations/station/?q=north").text

    def test_form(self):
        form = StationForm({**DATA, **ROLE})
        assert form.is_valid(), form.errors
        form.save()
        assert "django_appwrite_orm/forms.js" in str(form.media)
        self.saved()

    def test_pages(self):
        for number in range(51):
            Station.objects.create(name=f"Station {number:02}")
        assert names_on_page(1)[::49] == ["Station 00", "Station 49"]
        assert names_on_page(2) == ["Station 50"]

    def test_read_only(self):
        row = Station.objects.create(name="North")
        url = "/viewing/stations/station/"
        assert self.client.post(f"{url}{row.id}/change/", DATA).status_code == 403
        response = self.client.post(url, {"action": "print_names", "_selected_action": [row.id]}, follow=True)
        assert [str(message) for message in response.context["messages"]] == ["North"]
"""


def test_the_code_on_the_page_runs(tmp_path: Path) -> None:
    tables, *admin = (block.text for block in BLOCKS)
    files = {"__init__": "", "tables": tables, "admin": "\n".join(admin), "steps": STEPS}
    (tmp_path / "stations").mkdir()
    for name, text in files.items():
        (tmp_path / "stations" / f"{name}.py").write_text(text)
    (tmp_path / "settings.py").write_text(SETTINGS)
    (tmp_path / "urls.py").write_text(URLS)
    assert "Ran 4 tests" in run(tmp_path, "-m", "django", "test", "-v2", "--pattern=steps.py")
