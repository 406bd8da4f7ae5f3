"""Appwrite's relationships: rows read, linked and made, of every type and from both ends."""

from __future__ import annotations

import asyncio

import pytest
from django import db
from django.core.exceptions import FieldError, SynchronousOnlyOperation

from django_appwrite_orm import Table, atomic, columns, orm
from django_appwrite_orm.exceptions import DeleteRestricted, PermissionDenied
from tests.support.costs import counted
from tests.support.linked_tables import made
from tests.support.novels import Mark, Novel, Publisher, Topic, Writer, names

pytestmark = pytest.mark.usefixtures("novels")


class TestOneRow:
    def test_a_relationship_to_one_has_the_row_and_its_id(self) -> None:
        novel = Novel.objects.get(pk="a")
        with counted() as costs:
            assert (novel.writer_id, novel.writer.name, novel.writer.publisher.name) == ("ada", "Ada", "Ink")
        assert len(costs.requests) == 2
        assert (novel.cover_id, novel.cover.name, novel.cover.novel) == ("green", "green", novel)
        assert (Novel.objects.get(pk="d").writer_id, Novel.objects.get(pk="d").writer) == (None, None)

    def test_a_saved_row_equals_the_row_that_is_read(self) -> None:
        made = Novel.objects.create(title="e", writer_id="gone", topics=["sea"])
        read = Novel.objects.get(pk=made.pk)
        assert (made.writer_id, made.cover_id) == ("gone", None)
        assert (read.writer_id.lower(), read.cover_id) == ("gone", None)
        with pytest.raises(Writer.DoesNotExist, match=r"(?i)'gone', which does not exist"):
            read.writer  # noqa: B018
        made.writer = Writer.objects.get(pk="bob")
        made.save()
        assert made.to_appwrite()["author"] == Novel.objects.get(pk=made.pk).to_appwrite()["author"] == "bob"

    def test_rows_are_linked_and_unlinked(self) -> None:
        novel = Novel.objects.get(pk="a")
        novel.writer = Writer.objects.get(pk="bob")
        novel.save()
        assert names(Writer.objects.get(pk="bob").novels) == ["a", "b"]
        novel.writer = None
        novel.save()
        assert Novel.objects.get(pk="a").writer is None

    def test_inside_a_transaction(self) -> None:
        with atomic():
            novel = Novel.objects.get(pk="a")
            novel.title = "new"
            novel.save()
            assert (novel.writer_id, Novel.objects.get(pk="a").writer_id) == ("ada", "ada")
            novel.writer_id, novel.topics = "bob", ["zoo"]
            novel.save()
            made = Novel.objects.create(title="made", writer_id="bob", topics=["zoo"])
            for row in (made, Novel.objects.get(pk=made.pk)):
                assert (row.writer_id, row.cover_id) == ("bob", None)
        assert names(Writer.objects.get(pk="bob").novels) == ["b", "made", "new"]
        assert names(Topic.objects.get(pk="zoo").novels) == ["made", "new"]
        assert Novel.objects.bulk_update([novel], ["topics", "writer_id"]) == 0
        novel.topics, novel.writer = [], None
        made.topics, made.writer_id = ["sea"], "ada"
        assert Novel.objects.bulk_update([novel, made], ["topics", "writer_id"]) == 2
        assert (novel.writer_id, made.writer_id, names(made.topics)) == (None, "ada", ["sea"])

    def test_only_with_a_relationship(self) -> None:
        assert [row.writer_id for row in Novel.objects.only("writer_id")] == ["ada", "bob", "ada", None]
        assert list(Novel.objects.values_list("title", "writer_id"))[:2] == [("a", "ada"), ("b", "bob")]
        assert Novel.objects.defer("title").get(pk="a").cover_id == "green"
        with pytest.raises(AttributeError, match="title was not read"):
            Novel.objects.defer("title").get(pk="a").title  # noqa: B018


class TestManyRows:
    def test_a_relationship_to_many_is_a_queryset(self) -> None:
        novel = Novel.objects.get(pk="a")
        assert names(novel.topics) == names(novel.topics.all()) == ["sea", "war"]
        assert names(novel.topics.filter(name="war")) == ["war"]
        assert (novel.topics.count(), novel.marks.count(), Novel.objects.get(pk="d").topics.count()) == (2, 2, 0)
        assert names(Writer.objects.get(pk="ada").novels.order_by("-title")) == ["a", "c"]

    def test_requests_of_relationships(self) -> None:
        ada, novel = Writer.objects.get(pk="ada"), Novel.objects.get(pk="a")
        with counted() as costs:
            assert names(ada.novels) == ["a", "c"]
        assert len(costs.requests) == 1
        with counted() as costs:
            assert names(novel.topics) == ["sea", "war"]
        assert len(costs.requests) == 2
        with counted() as costs:
            assert names(novel.topics) == ["sea", "war"]
        assert costs.requests == []

    def test_update_conflicts_writes_links(self) -> None:
        rows = [Novel(id="a", title="A", topics=["zoo"]), Novel(id="b", title="B"), Novel(id="e", title="e")]
        Novel.objects.bulk_create(rows, update_conflicts=True, update_fields=["topics"], unique_fields=["id"])
        assert [(novel.title, names(novel.topics)) for novel in rows] == [("a", ["zoo"]), ("b", []), ("e", [])]
        assert [names(novel.topics) for novel in Novel.objects.filter(pk__in=["a", "b"])] == [["zoo"], []]

    def test_bulk_create_with_links_reports_errors_by_position(self) -> None:
        updates = [
            {"id": "a", "data": {"title": "new", "topics": 3}},
            {"id": "b", "data": {"topics": ["zoo"]}},
            {"id": "a", "data": {"marks": []}},
            {"id": "c", "data": {"writer": Topic(id="x")}},
        ]
        errors: dict[int, Exception] = {}
        assert [novel.id for novel in orm.table("novel").bulk_update(updates, errors=errors)] == ["b", "a"]
        assert {n: type(error) for n, error in errors.items()} == {0: ValueError, 3: ValueError}
        written = Novel.objects.get(pk="a")
        assert (written.title, names(written.topics), names(written.marks)) == ("a", ["sea", "war"], [])
        assert names(Novel.objects.get(pk="b").topics) == ["zoo"]
        with pytest.raises(ValueError, match=r"Novel\.topics takes a list"):
            orm.table("novel").bulk_update(updates)

    def test_links_are_set_as_a_whole(self) -> None:
        novel = Novel.objects.get(pk="a")
        novel.topics = [Topic.objects.get(pk="zoo"), "sea", "sea"]
        assert names(novel.topics) == ["sea", "zoo"]
        novel.save(update_fields=["topics"])
        assert names(Novel.objects.get(pk="a").topics) == ["sea", "zoo"]
        novel.topics = []
        novel.save()
        assert names(Novel.objects.get(pk="a").topics) == []
        ada = Writer.objects.get(pk="ada")
        ada.novels = ["b"]
        ada.save()
        assert {row.title: row.writer_id for row in Novel.objects.all()} == {
            "a": None, "b": "ada", "c": None, "d": None,
        }  # fmt: skip

    @pytest.mark.parametrize("wrong", ["sea", 3, None, [3], ["a/b"], [Topic(name="new")], {"sea": 1}])
    def test_a_relationship_to_many_takes_saved_rows_or_ids(self, wrong: object) -> None:
        with pytest.raises(ValueError, match=r"Novel.topics takes a list of saved Topic rows or of their ids"):
            Novel(title="x", topics=wrong)

    def test_reverse_relationships(self) -> None:
        assert names(Topic.objects.get(pk="sea").novels) == ["a", "b"]
        assert names(Publisher.objects.get(pk="ink").writers) == ["Ada"]
        mark = Mark.objects.get(pk="m1")
        with pytest.raises(AttributeError, match=r"Mark.novel_set cannot be read.*Give it a two_way_key"):
            mark.novel_set  # noqa: B018
        with pytest.raises(ValueError, match="has not been saved"):
            Topic(name="new").novels  # noqa: B018

    def test_rows_created_through_a_relationship_are_linked(self) -> None:
        made = Writer.objects.get(pk="bob").novels.create(title="new")
        assert Novel.objects.get(pk=made.pk).writer_id == "bob"
        found, created = Writer.objects.get(pk="bob").novels.get_or_create(title="newer")
        assert (created, found.writer_id) == (True, "bob")
        assert names(Writer.objects.get(pk="bob").novels) == ["b", "new", "newer"]
        made = Topic.objects.get(pk="zoo").novels.create(title="animals")
        assert names(Topic.objects.get(pk="zoo").novels) == ["animals"]
        assert names(made.topics) == ["zoo"]
        assert Publisher.objects.get(pk="ink").writers.create(name="Cyd").publisher_id == "ink"
        with pytest.raises(FieldError, match="no column that refers to the row"):
            Novel.objects.get(pk="a").topics.create(name="no way back")

    def test_asynchronous_relationships(self) -> None:
        async def read() -> list[object]:
            novel = await Novel.objects.aget(pk="a")
            with pytest.raises(SynchronousOnlyOperation, match=r"select_related\('writer'\)"):
                novel.writer  # noqa: B018
            awaited = names([topic async for topic in novel.topics])
            novel = await Novel.objects.prefetch_related("topics", "writer").aget(pk="a")
            with counted() as costs:
                along = [names([topic async for topic in novel.topics.all()]), novel.writer.name]
            return [awaited, *along, costs.requests]

        assert asyncio.run(read()) == [["sea", "war"], ["sea", "war"], "Ada", []]


class TestReadAlong:
    def test_prefetching_takes_one_request_for_each_relationship(self) -> None:
        with counted() as costs:
            novels = list(Novel.objects.select_related("writer__publisher").prefetch_related("topics", "marks"))
            seen = [(n.title, n.writer and n.writer.name, names(n.topics.all()), names(n.marks.all())) for n in novels]
        assert seen == [
            ("a", "Ada", ["sea", "war"], ["blue", "red"]),
            ("b", "Bob", ["sea"], []),
            ("c", "Ada", [], []),
            ("d", None, [], []),
        ]
        assert novels[0].writer.publisher.name == "Ink"
        assert len(costs.requests) == 5

    def test_prefetching_reverse_and_nested_relationships(self) -> None:
        with counted() as costs:
            writers = list(Writer.objects.prefetch_related("novels__topics"))
            assert [[names(novel.topics.all()) for novel in writer.novels.all()] for writer in writers] == [
                [["sea", "war"], []],
                [["sea"]],
            ]
        assert len(costs.requests) == 3
        topics = list(Topic.objects.prefetch_related("novels"))
        assert [names(topic.novels.all()) for topic in topics] == [["a", "b"], ["a"], []]

    def test_prefetching_with_only(self) -> None:
        novels = list(Novel.objects.only("title").prefetch_related("topics"))
        assert names(novels[0].topics.all()) == ["sea", "war"]

    def test_prefetching_what_is_not_a_relation_is_refused(self) -> None:
        with pytest.raises(FieldError, match=r"has no relation 'topic'. It has: cover, marks, topics, writer"):
            Novel.objects.prefetch_related("topic")
        with pytest.raises(FieldError, match="no reference 'topics'"):
            Novel.objects.select_related("topics")
        with pytest.raises(FieldError, match="cannot be read"):
            Mark.objects.prefetch_related("novel_set")


def test_a_relationship_whose_other_side_is_undeclared() -> None:
    """Appwrite keeps the id in a column of the other table, which says nothing of it."""

    class Plank(Table):
        name = columns.String(size=20)

    class Rack(Table):
        name = columns.String(size=20)
        planks = columns.Relationship(Plank, "oneToMany", two_way_key="rack", on_delete="setNull")
        lock = columns.Relationship(Plank, "oneToOne", two_way_key="locks", on_delete="setNull")

    with made(Plank, Rack):
        for name in "abc":
            Plank.objects.create(id=name, name=name)
        rack = Rack.objects.create(id="r", name="r", planks=["a", "b"], lock_id="c")
        with counted() as costs:
            assert names(rack.planks) == ["a", "b"]
        assert len(costs.requests) == 1
        assert [names(one.planks.all()) for one in Rack.objects.prefetch_related("planks")] == [["a", "b"]]
        assert [names(one.rack.all()) for one in Plank.objects.prefetch_related("rack")] == [["r"], ["r"], []]
        assert names(Plank.objects.get(pk="a").rack) == names(Plank.objects.get(pk="c").locks) == ["r"]
        assert names(Plank.objects.filter(rack=rack)) == names(Plank.objects.filter(rack__name="r")) == ["a", "b"]
        assert names(Plank.objects.exclude(rack__name="r")) == names(Plank.objects.filter(rack__isnull=True)) == ["c"]
        assert names(Plank.objects.exclude(locks__name="r")) == ["a", "b"]
        with pytest.raises(FieldError, match="no column that refers to the row"):
            rack.planks.create(name="d")


def test_refusals_of_the_server() -> None:
    class Shelf(Table):
        name = columns.String(size=20)
        boards = columns.Relationship("Board", "oneToMany", two_way_key="shelf")

    class Board(Table):
        name = columns.String(size=20)

    with made(Shelf, Board):
        Board.objects.create(id="b", name="b")
        shelf = Shelf.objects.create(name="s", boards=["b"])
        with pytest.raises(DeleteRestricted) as caught:
            shelf.delete()
        assert isinstance(caught.value, PermissionDenied)
        assert isinstance(caught.value, db.IntegrityError)
        assert names(Shelf.objects.all()) == ["s"]
