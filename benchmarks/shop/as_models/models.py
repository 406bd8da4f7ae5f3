"""Products and orders as models."""

from django.db import models


class Product(models.Model):
    name = models.CharField(max_length=64)
    price = models.FloatField()
    stock = models.IntegerField()
    category = models.CharField(max_length=16)
    rank = models.IntegerField(db_index=True)

    class Meta:
        db_table = "products"

    def __str__(self) -> str:
        return self.name


class Order(models.Model):
    product = models.CharField(max_length=64)
    amount = models.IntegerField()

    class Meta:
        db_table = "orders"

    def __str__(self) -> str:
        return f"{self.amount} of {self.product}"
