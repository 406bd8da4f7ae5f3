"""What docs/how-to/multi-tenant-sites.md promises."""

import pytest
from appwrite.services.teams import Teams
from appwrite.services.users import Users
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import call_command
from django.db import IntegrityError, OperationalError, transaction
from django.db import connections as databases
from django.http import HttpResponse
from django.template import Context, Template
from django.test import RequestFactory, TestCase
from orders.models import Order
from orders.tables import Invoice, create_invoice, invoices_of
from orders.tasks import delete_unpaid
from tenants import tenant_of_request, use_tenant

from django_appwrite_orm.connection import connections
from django_appwrite_orm.contrib.testing import AppwriteTestMixin
from django_appwrite_orm.web import AppwriteCacheMiddleware, table_etag

FRAGMENT = Template(
    "{% load appwrite_cache %}{% cachetables 300 numbers tables='orders_order' %}"
    "{% for order in orders %}{{ order.number }} {% endfor %}{% endcachetables %}"
)


class Tenants(AppwriteTestMixin, TestCase):
    databases = "__all__"

    def setUp(self):
        for tenant in ("acme", "globex"):
            with use_tenant(tenant):
                Order.objects.create(number=f"{tenant}-1", total=5)

    def read(self, tenant):
        return self.client.get("/orders/", headers={"Host": f"{tenant}.example.com"}).json()["orders"]

    def test_each_tenant_sees_their_own_rows_also_in_the_cache(self):
        for tenant in ("acme", "globex"):
            with self.assertNumAppwriteRequests(1):
                assert self.read(tenant) == [f"{tenant}-1"]
        for tenant in ("acme", "globex"):
            with self.assertCacheHit():
                assert self.read(tenant) == [f"{tenant}-1"]

    def test_a_change_of_one_tenant_leaves_the_entries_of_the_other(self):
        self.read("acme"), self.read("globex")
        with use_tenant("acme"):
            Order.objects.create(number="acme-2", total=0)
        with self.assertCacheHit():
            assert self.read("globex") == ["globex-1"]
        assert self.read("acme") == ["acme-1", "acme-2"]
        delete_unpaid("globex")
        assert self.read("acme") == ["acme-1", "acme-2"]
        delete_unpaid("acme")
        assert self.read("acme") == ["acme-1"]

    def test_a_host_that_is_not_a_tenant_and_code_without_one_read_nothing(self):
        with self.settings(ALLOWED_HOSTS=["*"]):
            assert self.client.get("/orders/", headers={"Host": "other.example.com"}).status_code == 404
        assert self.client.get("/orders/", headers={"Host": "localhost"}).status_code == 400
        with self.assertRaisesMessage(OperationalError, "no such table: orders_order"), transaction.atomic():
            Order.objects.count()

    def test_a_row_stays_with_its_tenant(self):
        with use_tenant("acme"):
            order = Order.objects.get()
        with use_tenant("globex"):
            order.total = 7
            order.save()
            assert Order.objects.get().total == 5
            with pytest.raises(IntegrityError), transaction.atomic(using="globex"):
                Order.objects.create(number="globex-1", total=0)
            Order.objects.create(number="acme-1", total=0)
        with use_tenant("acme"):
            assert Order.objects.get().total == 7

    def test_fragments_do_not_cross(self):
        def fragment(tenant):
            def view(request):
                return HttpResponse(FRAGMENT.render(Context({"orders": Order.objects.all()})))

            request = RequestFactory().get("/", headers={"Host": f"{tenant}.example.com"})
            return tenant_of_request(AppwriteCacheMiddleware(view))(request).text

        for _ in range(2):
            assert (fragment("acme"), fragment("globex")) == ("acme-1 ", "globex-1 ")

    def test_etags_do_not_cross(self):
        self.read("acme"), self.read("globex")
        tags = set()
        for tenant in ("acme", "globex"):
            with use_tenant(tenant):
                tags.add(table_etag("orders_order")(RequestFactory().get("/")))
        assert len(tags) == 2

    def test_tables_of_tenants_are_not_pruned(self):
        options = {"prune": True, "allow_destructive": True, "interactive": False, "verbosity": 0}
        call_command("migrate_appwrite", database="acme", **options)
        assert self.read("acme") == ["acme-1"]

    def test_users_are_in_the_default_database(self):
        User.objects.create_user("ada")
        assert User.objects.using("default").count() == 1
        assert Order._meta.db_table not in databases["default"].introspection.table_names()
        cache.clear()
        assert self.read("acme") == ["acme-1"]

    def test_a_shared_table_is_bounded_by_permissions(self):
        client = connections["acme"].sdk_client()
        jwts = {}
        for tenant in ("acme", "globex"):
            Users(client).create(f"user-{tenant}", name=tenant)
            Teams(client).create(tenant, tenant)
            Teams(client).create_membership(tenant, ["owner"], user_id=f"user-{tenant}")
            jwts[tenant] = Users(client).create_jwt(f"user-{tenant}").jwt
            create_invoice(tenant, f"{tenant}-1")
        for _ in range(2):
            for tenant, other in (("acme", "globex"), ("globex", "acme")):
                assert [row.number for row in invoices_of(jwts[tenant], tenant)] == [f"{tenant}-1"]
                assert list(invoices_of(jwts[tenant], other)) == []
        assert Invoice.objects.count() == 2
