"""Novels with a writer, topics, marks and a cover: relationships of every type, one-way, two-way, declared twice."""

from __future__ import annotations

from django_appwrite_orm import Permission, Role, Table, columns


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


def names(rows) -> list[str]:
    return sorted(getattr(row, "name", None) or row.title for row in rows)
