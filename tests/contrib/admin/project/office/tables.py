from django_appwrite_orm import Table, columns


class Room(Table):
    name = columns.String(size=100, required=True)

    def __str__(self):
        return self.name


class Desk(Table):
    name = columns.String(size=100, required=True)
    stock = columns.Integer(default=0)
    is_sold = columns.Boolean(default=False)
    tags = columns.String(size=20, array=True)
    data = columns.JSON()
    made = columns.Date()
    room = columns.Reference("Room")
    note = columns.String(size=100)
    revision = columns.Version()

    def __str__(self):
        return self.name


class Station(Table):
    name = columns.String(size=100, required=True)
    tags = columns.String(size=20, array=True)
    counts = columns.Integer(array=True, min=0, max=100)
    flags = columns.Boolean(array=True)
    days = columns.Date(array=True)
    kinds = columns.Enum(["bus", "tram"], array=True)
    data = columns.JSON()
    place = columns.Point()
    route = columns.Line()
    area = columns.Polygon()

    class Meta:
        permissions = ['read("users")', 'create("team:staff")']
        row_security = True

    def __str__(self):
        return self.name
