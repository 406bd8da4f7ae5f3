"""Novels with a writer, topics, marks and a cover: relationships of every type, one-way, two-way, declared twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from django_appwrite_orm import Permission, Role, Table, columns
from tests.support.linked_tables import made


class Publisher(Table):
    name = columns.String(size=20)


class Writer(Table):
    name = columns.String(size=20)
    born = columns.String(size=20)
    publisher = columns.Relationship(Publisher, "manyToOne", two_way_key="writers", on_delete="setNull")
    novels = columns.Relationship("Novel", "oneToMany", two_way_key="author", on_delete="cascade")

    class Meta:
        permissions = [Permission.read(Role.any())]


class Topic(Table):
    name = columns.String(size=20)

    class Meta:
        permissions = [Permission.read(Role.any())]


class Novel(Table):
    title = columns.String(size=20, required=True)
    writer = columns.Relationship(
        Writer, "manyToOne", two_way_key="novels", on_delete="cascade", column="author", related_name="novels"
    )
    topics = columns.Relationship(Topic, "manyToMany", two_way_key="novels", on_delete="setNull")
    marks = columns.Relationship("Mark", "oneToMany", on_delete="setNull")
    cover = columns.Relationship("Cover", "oneToOne", two_way_key="novel", on_delete="setNull")

    class Meta:
        permissions = [Permission.read(Role.any())]


class Mark(Table):
    name = columns.String(size=20)


class Cover(Table):
    name = columns.String(size=20)
    novel = columns.Relationship(Novel, "oneToOne", two_way_key="cover", on_delete="setNull")


@pytest.fixture
def shelf() -> Iterator[None]:
    """Ada of Ink wrote two, Bob of none one, and one novel has nobody."""
    with made(Publisher, Writer, Topic, Mark, Novel, Cover):
        ink = Publisher.objects.create(id="ink", name="Ink")
        Writer.objects.create(id="ada", name="Ada", born="here", publisher=ink)
        Writer.objects.create(id="bob", name="Bob", born="there")
        for id in ("sea", "war", "zoo"):
            Topic.objects.create(id=id, name=id)
        Mark.objects.create(id="m1", name="red")
        Mark.objects.create(id="m2", name="blue")
        Novel.objects.create(id="a", title="a", writer_id="ada", topics=["sea", "war"], marks=["m1", "m2"])
        Novel.objects.create(id="b", title="b", writer_id="bob", topics=["sea"])
        Novel.objects.create(id="c", title="c", writer_id="ada")
        Novel.objects.create(id="d", title="d")
        Cover.objects.create(id="green", name="green", novel_id="a")
        yield


def names(rows) -> list[str]:
    return sorted(getattr(row, "name", None) or row.title for row in rows)
