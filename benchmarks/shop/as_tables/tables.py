"""Products and orders as tables."""

from django_appwrite_orm import Index, Table, columns


class Product(Table):
    name = columns.String(size=64)
    price = columns.Float()
    stock = columns.Integer()
    category = columns.String(size=16)
    rank = columns.Integer()

    class Meta:
        name = "products"
        indexes = [Index("rank")]


class Order(Table):
    product = columns.String(size=64)
    amount = columns.Integer()

    class Meta:
        name = "orders"
