"""What docs/how-to/authenticate-users.md promises, with the users in an SQL database."""

from django.contrib.auth.models import User
from django.db import connections, router
from django.test import TestCase, override_settings
from orders.models import Order

from django_appwrite_orm.contrib.testing import AppwriteTestMixin


@override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
class Beside(AppwriteTestMixin, TestCase):
    databases = "__all__"

    def test_users_are_in_sql_and_orders_on_appwrite(self):
        assert (router.db_for_read(User), router.db_for_read(Order)) == ("default", "appwrite")
        for alias, name, is_there in (("default", "auth_user", True), ("default", "orders_order", False)):
            assert (name in connections[alias].introspection.table_names()) == is_there
        assert "auth_user" not in connections["appwrite"].introspection.table_names()
        assert "orders_order" in connections["appwrite"].introspection.table_names()

    def test_each_user_sees_their_own_orders(self):
        for name in ("ada", "bob"):
            Order.objects.create(owner_id=User.objects.create_user(name).pk, text=f"of {name}")
        self.assertRedirects(self.client.get("/orders/"), "/accounts/login/?next=/orders/", target_status_code=200)
        for name in ("ada", "bob"):
            self.client.force_login(User.objects.get(username=name))
            assert self.client.get("/orders/").json() == {"orders": [f"of {name}"]}

    def test_signing_in_sends_no_request_to_appwrite(self):
        User.objects.create_user("ada", password="long enough")
        with self.assertNumAppwriteRequests(0):
            self.client.post("/accounts/login/?next=/", {"username": "ada", "password": "long enough"})
            assert self.client.get("/").text == "Hello ada"
