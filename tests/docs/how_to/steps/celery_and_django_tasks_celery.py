"""What docs/how-to/celery-and-django-tasks.md promises of Celery."""

from unittest import mock

from celery.contrib.testing.worker import start_worker
from config import celery_app
from django.db import OperationalError, transaction
from django.test import TransactionTestCase
from shop import deliveries
from shop.models import Delivery, Product
from shop.tasks import receive


class Celery(TransactionTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        assert celery_app.conf.broker_url == "redis://127.0.0.1:6379/1"
        celery_app.conf.update(broker_url="memory://", result_backend="cache+memory://")

    def setUp(self):
        self.enterContext(start_worker(celery_app, perform_ping_check=False, pool="solo"))
        self.lamp = Product.objects.create(name="Lamp", price=9)
        self.delivery = ("7f6c2f43-4bde-4f0e-8b83-1d4c2c2f6a11", self.lamp.pk, 5)

    def stock(self):
        return Product.objects.get().stock

    def test_a_worker_counts_a_delivery_once(self):
        for _ in range(2):
            receive.delay(*self.delivery).get(timeout=30)
        with mock.patch.object(receive, "delay") as delay, transaction.atomic():
            receive.delay_on_commit(*self.delivery)
            assert not delay.called
        assert delay.called
        assert (self.stock(), Delivery.objects.count()) == (5, 1)

    def test_an_attempt_without_appwrite_is_repeated(self):
        real = deliveries.receive
        attempts = [OperationalError("unreachable"), real]

        def receive_at_the_second_attempt(*args):
            attempt = attempts.pop(0)
            if isinstance(attempt, Exception):
                raise attempt
            return attempt(*args)

        receive.retry_backoff = 0
        with mock.patch.object(deliveries, "receive", receive_at_the_second_attempt):
            receive.delay(*self.delivery).get(timeout=30)
        assert (self.stock(), attempts) == (5, [])
