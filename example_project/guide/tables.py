"""The tables of the caching guide: users, and what is measured."""

from __future__ import annotations

from django.utils import timezone

from django_appwrite_orm import Index, Permission, Role, Table, UniqueIndex, columns

_NAMES = ("Ada Lovelace", "Alan Turing", "Edsger Dijkstra", "Grace Hopper", "Katherine Johnson", "Margaret Hamilton")


class User(Table):
    """A user of the guide's examples; those who sign in to this site are Django's."""

    name = columns.String(size=80, required=True)
    email = columns.Email(required=True)
    active = columns.Boolean(default=True)

    class Meta:
        name = "users"
        indexes = [UniqueIndex("email"), Index("name")]
        permissions = [Permission.read(Role.any())]
        warm = True

    def __str__(self) -> str:
        return self.name


class Metric(Table):
    metric = columns.String(size=40, required=True)
    value = columns.Float(required=True)
    timestamp = columns.Datetime(default=timezone.now)

    class Meta:
        name = "analytics"
        indexes = [Index("-timestamp")]

    def __str__(self) -> str:
        return f"{self.metric}: {self.value:g}"


def users() -> dict[str, User]:
    """The first users by their email, each a new row."""
    rows = [User(name=name, email=f"{name.split()[0].lower()}@example.com") for name in _NAMES]
    return {row.email: row for row in rows}
