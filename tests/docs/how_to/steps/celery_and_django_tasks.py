"""What docs/how-to/celery-and-django-tasks.md promises of django.tasks."""

from unittest import mock

from django.db import transaction
from django.tasks import task_backends
from django.test import TransactionTestCase
from shop import deliveries, jobs
from shop.models import Delivery, Product

from django_appwrite_orm.contrib.tasks import warm_cache


class Tasks(TransactionTestCase):
    def test_a_delivery_is_counted_once(self):
        lamp = Product.objects.create(name="Lamp", price=9)
        for _ in range(2):
            jobs.receive.enqueue("7f6c2f43-4bde-4f0e-8b83-1d4c2c2f6a11", lamp.pk, 5)
        lamp.refresh_from_db()
        assert (lamp.stock, Delivery.objects.count()) == (5, 1)

    def test_an_attempt_that_fails_counts_nothing(self):
        lamp = Product.objects.create(name="Lamp", price=9)
        with (
            mock.patch.object(deliveries, "F", side_effect=RuntimeError),
            self.assertRaises(RuntimeError),  # noqa: PT027 - pytest runs none of this
        ):
            deliveries.receive("7f6c2f43-4bde-4f0e-8b83-1d4c2c2f6a11", lamp.pk, 5)
        assert not Delivery.objects.exists()

    def test_a_task_starts_after_the_commit(self):
        delivery = self.client.get("/order/5/").json()["delivery"]
        assert Product.objects.get().stock == 5
        assert str(Delivery.objects.get().pk) == delivery

    def test_a_task_that_starts_before_the_commit_would_miss_the_changes(self):
        Product.objects.create(name="Lamp", price=9)
        with self.settings(TASKS={"default": {"BACKEND": "django.tasks.backends.dummy.DummyBackend"}}):
            with transaction.atomic():
                transaction.on_commit(lambda: jobs.receive.enqueue("x", 1, 1))
                assert task_backends["default"].results == []
            assert len(task_backends["default"].results) == 1

    def test_warming_is_a_task(self):
        result = warm_cache.enqueue()
        assert (result.status, result.return_value) == ("SUCCESSFUL", {})
