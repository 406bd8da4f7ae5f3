"""Tables with a column of every kind, and tables that lead to each other, all of the app `shop`."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import TextChoices

from django_appwrite_orm import CachePolicy, Index, Table, UniqueIndex, columns


class Colour(TextChoices):
    RED = "red", "Red"
    BLUE = "blue", "Blue"


class Factory(Table):
    name = columns.String(size=100, required=True)

    class Meta:
        app_label = "shop"
        indexes = [UniqueIndex("name")]

    def __str__(self) -> str:
        return self.name


class Gadget(Table):
    name = columns.String(size=100, required=True)
    slogan = columns.Varchar(size=20)
    story = columns.String(size=5000)
    text = columns.Text()
    medium = columns.MediumText()
    long = columns.LongText()
    stock = columns.Integer(min=0, max=1000, default=0)
    wide = columns.BigInt()
    weight = columns.Float(min=0)
    sold = columns.Boolean(db_default=False)
    seen = columns.Datetime()
    made = columns.Date()
    opens = columns.Time()
    price = columns.Decimal(max_digits=8, decimal_places=2)
    data = columns.JSON()
    code = columns.UUID()
    email = columns.Email()
    home = columns.URL()
    address = columns.IP(column="ip_address")
    colour = columns.Enum(Colour, default=Colour.RED)
    words = columns.String(size=20, array=True)
    numbers = columns.Integer(array=True)
    prices = columns.Decimal(max_digits=6, decimal_places=2, array=True)
    moments = columns.Datetime(array=True)
    documents = columns.JSON(array=True)
    secret = columns.String(size=300, encrypt=True)
    place = columns.Point()
    route = columns.Line()
    area = columns.Polygon()
    factory = columns.Reference("Factory")
    parent = columns.Reference("self", column="part_of", related_name="parts")

    class Meta:
        app_label = "shop"
        indexes = [Index("factory_id", "-stock"), UniqueIndex("code"), UniqueIndex("factory_id", "name")]

    def __str__(self) -> str:
        return f"{self.name} ({self.stock})"

    def clean(self) -> None:
        if self.slogan == "none":
            self.slogan = None
        if self.name == self.slogan:
            raise ValidationError({"slogan": "The slogan is the name."})


class Counted(Table):
    name = columns.String(size=100, required=True)
    stock = columns.Integer(default=0)
    revision = columns.Version()

    class Meta:
        app_label = "shop"


class Author(Table):
    name = columns.String(size=100, required=True)

    class Meta:
        app_label = "shop"


class Label(Table):
    name = columns.String(size=100, required=True)

    class Meta:
        app_label = "shop"


class Story(Table):
    title = columns.String(size=100, required=True)
    author = columns.Relationship("Author", "manyToOne", two_way_key="stories", on_delete="setNull")
    labels = columns.Relationship("Label", "manyToMany")

    class Meta:
        app_label = "shop"


class Uncached(Table):
    name = columns.String(size=100)

    class Meta:
        app_label = "shop"
        cache = CachePolicy(ttl=0)


class Diary(Table):
    text = columns.String(size=100)
    parent = columns.Reference("self", related_name="parts")

    class Meta:
        app_label = "shop"
        permissions = ['create("users")']
        row_security = True

    def __str__(self) -> str:
        return f"{self.text} in {self.parent.text}" if self.parent_id else f"{self.text}"


ALL = (Factory, Gadget, Counted, Author, Label, Story, Uncached, Diary)
