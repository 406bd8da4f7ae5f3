"""What docs/how-to/per-user-permissions.md promises."""

import pytest
from django.db import OperationalError
from django.test import TestCase
from letters.models import Letter
from notes.sharing import share
from notes.tables import Note

from django_appwrite_orm import Permission, Role
from django_appwrite_orm.connection import connections
from django_appwrite_orm.contrib.testing import AppwriteTestMixin
from django_appwrite_orm.models import as_user
from tests.support.users import jwt_of_new_user


class Permissions(AppwriteTestMixin, TestCase):
    databases = "__all__"

    def setUp(self):
        self.jwts = {name: jwt_of_new_user(name) for name in ("ada", "bob")}

    def headers(self, name):
        return {"X-Appwrite-JWT": self.jwts[name]} if name else {}

    def write(self, name, text):
        return self.client.post("/notes/", {"text": text}, headers=self.headers(name))

    def read(self, name, url="/notes/"):
        return self.client.get(url, headers=self.headers(name)).json()

    def test_each_user_sees_their_own_notes_and_a_guest_none(self):
        for name in ("ada", "bob"):
            assert self.write(name, f"from {name}").status_code == 201
        assert self.read("ada") == {"notes": ["from ada"]}
        assert self.read("bob") == {"notes": ["from bob"]}
        assert self.read(None) == {"notes": []}
        assert Note.objects.count() == 2

    def test_a_row_of_another_user_does_not_exist_and_a_shared_one_stays_as_it_is(self):
        url = f"/notes/{self.write('ada', 'Secret').json()['id']}/"
        assert self.client.get(url, headers=self.headers("bob")).status_code == 404
        assert self.client.delete(url, headers=self.headers("bob")).status_code == 404
        share(url.split("/")[2], "bob")
        assert self.read("bob", url) == {"text": "Secret"}
        assert self.client.delete(url, headers=self.headers("bob")).status_code == 403
        assert self.client.delete(url, headers=self.headers("ada")).status_code == 204
        assert not Note.objects.exists()

    def test_a_guest_and_a_made_up_jwt_write_nothing(self):
        assert self.write(None, "x").status_code == 403
        self.jwts["eve"] = "made up"
        assert self.write("eve", "x").status_code == 403
        assert not Note.objects.exists()

    def test_each_user_has_entries_of_their_own(self):
        self.write("ada", "from ada")
        Note.objects.count()
        for name in ("ada", "bob"):
            with self.assertNumAppwriteRequests(1):
                self.read(name)
            with self.assertCacheHit():
                self.read(name)
        self.write("bob", "from bob")
        with self.assertNumAppwriteRequests(1):
            assert self.read("ada") == {"notes": ["from ada"]}

    def test_a_read_as_a_user_is_not_stored_by_itself(self):
        for _ in range(2):
            with self.assertNumAppwriteRequests(1):
                list(Note.objects.as_user(jwt=self.jwts["ada"]))

    def test_read_for_all_users_of_the_table_would_show_every_row(self):
        with as_user("as_user", jwt=self.jwts["ada"]):
            Letter.objects.using("as_user").create(text="Secret")
        assert self.read("bob", "/letters/") == {"letters": []}
        appwrite = connections["default"]
        table = f"/tablesdb/main/tables/{Letter._meta.db_table}"
        appwrite.sdk_client().call("put", table, {"content-type": "application/json"}, {
            "name": "letters", "permissions": [Permission.read(Role.users())], "rowSecurity": True,
        })  # fmt: skip
        with as_user("as_user", jwt=self.jwts["bob"]):
            assert Letter.objects.using("as_user").count() == 1

    def test_models_do_the_same(self):
        for name in ("ada", "bob"):
            with as_user("as_user", jwt=self.jwts[name]):
                Letter.objects.using("as_user").create(text=f"from {name}")
        for _ in range(2):
            assert self.read("ada", "/letters/") == {"letters": ["from ada"]}
            assert self.read("bob", "/letters/") == {"letters": ["from bob"]}
            assert self.read(None, "/letters/") == {"letters": []}
        with self.assertCacheHit():
            self.read("ada", "/letters/")
        with pytest.raises(OperationalError):
            Letter.objects.using("as_user").count()
        letter = Letter.objects.get(text="from ada")
        with pytest.raises(OperationalError), as_user("as_user", jwt=self.jwts["bob"]):
            letter.save(using="as_user", force_update=True)
