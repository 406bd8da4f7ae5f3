"""What the shop sells."""

from django_appwrite_orm import Index, Permission, Role, Table, UniqueIndex, columns

CATEGORIES = ["books", "music", "games", "stationery"]


class Product(Table):
    name = columns.String(size=80, required=True)
    price = columns.Float(min=0, max=100_000, required=True)
    stock = columns.Integer(min=0, max=1_000_000, default=0)
    category = columns.Enum(CATEGORIES, required=True)
    tags = columns.String(size=24, array=True)
    description = columns.String(size=1000)

    class Meta:
        name = "products"
        indexes = [UniqueIndex("name"), Index("category", "name"), Index("price")]
        permissions = [Permission.read(Role.any())]
        # What the API, the list and the front page ask.
        warm = [
            lambda products: products,
            lambda products: products.order_by("name"),
            lambda products: products.order_by("-price")[:8],
        ]

    def __str__(self) -> str:
        return self.name
