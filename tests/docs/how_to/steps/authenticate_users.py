"""What docs/how-to/authenticate-users.md promises, with the users on Appwrite."""

import pytest
from accounts.tables import Profile, create_profile
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import TestCase, override_settings

from django_appwrite_orm.contrib.testing import AppwriteTestMixin
from django_appwrite_orm.exceptions import UserPermissionDenied
from tests.support.users import jwt_of_new_user


@override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
class SignIn(AppwriteTestMixin, TestCase):
    databases = "__all__"

    def test_a_user_signs_in_with_a_password(self):
        User.objects.create_user("ada", password="long enough")
        self.assertRedirects(self.client.get("/"), "/accounts/login/?next=/")
        wrong = self.client.post("/accounts/login/", {"username": "ada", "password": "wrong"})
        assert wrong.context["form"].errors
        right = self.client.post("/accounts/login/?next=/", {"username": "ada", "password": "long enough"})
        self.assertRedirects(right, "/")
        assert self.client.get("/").text == "Hello ada"
        assert Session.objects.count() == 1

    def test_a_page_of_a_user_who_is_signed_in_sends_no_request(self):
        self.client.force_login(User.objects.create_user("ada"))
        self.client.get("/")
        with self.assertNumAppwriteRequests(0):
            assert self.client.get("/").text == "Hello ada"

    def test_the_engine_db_would_send_one_for_each_page(self):
        with self.settings(SESSION_ENGINE="django.contrib.sessions.backends.db"):
            self.client.force_login(User.objects.create_user("ada"))
            self.client.get("/")
            for _ in range(2):
                with self.assertNumAppwriteRequests(1):
                    self.client.get("/")


class Accounts(AppwriteTestMixin, TestCase):
    databases = "__all__"

    def setUp(self):
        self.jwts = {name: jwt_of_new_user(name) for name in ("ada", "bob")}
        create_profile("ada", "Ada")

    def sign_in(self, jwt):
        return self.client.post("/sign-in/", headers={} if jwt is None else {"X-Appwrite-JWT": jwt})

    def test_an_account_signs_in_with_its_jwt_and_stays_signed_in(self):
        for _ in range(2):
            assert self.sign_in(self.jwts["ada"]).json() == {"user": "appwrite:ada"}
        assert User.objects.get().username == "appwrite:ada"
        assert self.client.get("/").text == "Hello appwrite:ada"

    def test_others_do_not(self):
        create_profile("eve", "Eve")
        header, _, signature = self.jwts["ada"].split(".")
        forged = f"{header}.{self.jwts['bob'].split('.')[1]}.{signature}"
        for jwt in (None, "", "made up", forged, self.jwts["bob"]):
            assert self.sign_in(jwt).status_code == 403
        assert not User.objects.exists()

    def test_who_is_not_active_does_not_either(self):
        User.objects.create(username="appwrite:ada", is_active=False)
        assert self.sign_in(self.jwts["ada"]).status_code == 403

    def test_no_account_makes_a_profile(self):
        with pytest.raises(UserPermissionDenied):
            Profile.objects.as_user(jwt=self.jwts["bob"]).create(id="carol", name="Carol")
