"""The tables that the tests read and write: one with every kind of column, and two that tell a story."""

from django.utils import timezone

from django_appwrite_orm import FulltextIndex, Index, Permission, Role, Table, UniqueIndex, columns


class Book(Table):
    title = columns.String(size=100, required=True)
    price = columns.Float(min=0, required=True)
    pages = columns.Integer(min=0)
    genre = columns.Enum(["novel", "science", "poetry"], default="novel")
    tags = columns.String(size=20, array=True)
    lent = columns.Boolean(db_default=False)
    added = columns.Datetime(default=timezone.now)

    class Meta:
        name = "books"
        indexes = [Index("genre", "-price"), UniqueIndex("title"), FulltextIndex("title", key="search")]
        permissions = [Permission.read(Role.any())]
        warm = True


class Reader(Table):
    name = columns.Varchar(size=64, required=True)
    email = columns.Email()
    home = columns.URL()
    address = columns.IP(column="ip_address")
    notes = columns.Text()
    score = columns.BigInt()


class Everything(Table):
    string = columns.String(size=10)
    varchar = columns.Varchar(size=10)
    text = columns.Text()
    medium = columns.MediumText()
    long = columns.LongText()
    integer = columns.Integer(min=-5, max=5)
    wide = columns.Integer()
    bigint = columns.BigInt()
    float = columns.Float()
    boolean = columns.Boolean()
    datetime = columns.Datetime()
    enum = columns.Enum(["a", "b"])
    email = columns.Email()
    url = columns.URL()
    ip = columns.IP()
    strings = columns.String(size=10, array=True)
    integers = columns.Integer(array=True)
    floats = columns.Float(array=True)
    booleans = columns.Boolean(array=True)
    datetimes = columns.Datetime(array=True)
    enums = columns.Enum(["a", "b"], array=True)
    emails = columns.Email(array=True)
    urls = columns.URL(array=True)
    ips = columns.IP(array=True)
