"""The tables of the recording."""

from django_appwrite_orm import Table, columns


class Open(Table):
    text = columns.String(size=100)
    n = columns.Integer()

    class Meta:
        name = "open"
        app_label = "events"


class Own(Table):
    text = columns.String(size=100)

    class Meta:
        name = "own"
        app_label = "events"
