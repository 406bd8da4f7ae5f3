from django.core.exceptions import ValidationError

from django_appwrite_orm import Index, Table, UniqueIndex, columns


class Product(Table):
    name = columns.String(size=100, required=True)
    price = columns.Decimal(max_digits=8, decimal_places=2)
    stock = columns.Integer(default=0)
    revision = columns.Version()


class Maker(Table):
    name = columns.String(size=100, required=True)

    class Meta:
        indexes = [UniqueIndex("name")]

    def __str__(self):
        return self.name


class Lamp(Table):
    name = columns.String(size=100, required=True)
    stock = columns.Integer(min=0, default=0)
    colour = columns.Enum(["red", "blue"], default="red")
    made = columns.Date()
    seen = columns.Datetime()
    is_sold = columns.Boolean(default=False)
    tags = columns.String(size=20, array=True)
    data = columns.JSON()
    home = columns.IP()
    place = columns.Point()
    secret = columns.String(size=300, encrypt=True)
    maker = columns.Reference("Maker")

    class Meta:
        indexes = [Index("maker_id", "-stock")]

    def __str__(self):
        return f"{self.name} of {self.stock}"

    def clean(self):
        if self.is_sold and self.stock:
            raise ValidationError({"stock": "Sold lamps are not in stock."})


class Writer(Table):
    name = columns.String(size=100, required=True)

    def __str__(self):
        return self.name


class Topic(Table):
    name = columns.String(size=100, required=True)


class Volume(Table):
    title = columns.String(size=100, required=True)
    writer = columns.Relationship("Writer", "manyToOne", two_way_key="volumes", on_delete="setNull")
    topics = columns.Relationship("Topic", "manyToMany")
