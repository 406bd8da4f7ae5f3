"""Appwrite's relationships: rows read, linked, asked for and asked across, by every type and from both ends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from django.core.exceptions import FieldError, SynchronousOnlyOperation, ValidationError
from django.db.models import Q

from django_appwrite_orm import Table, columns
from django_appwrite_orm.exceptions import NotSupportedError, PermissionDenied
from tests.counting import counted
from tests.linked import made


class Publisher(Table):
    name = columns.String(size=20)


class Writer(Table):
    name = columns.String(size=20)
    born = columns.String(size=20)
    publisher = columns.Relationship(Publisher, "manyToOne", two_way_key="writers", on_delete="setNull")
    novels = columns.Relationship("Novel", "oneToMany", two_way_key="author", on_delete="cascade")


class Topic(Table):
    name = columns.String(size=20)


class Novel(Table):
    title = columns.String(size=20, required=True)
    writer = columns.Relationship(
        Writer, "manyToOne", two_way_key="novels", on_delete="cascade", column="author", related_name="novels"
    )
    topics = columns.Relationship(Topic, "manyToMany", two_way_key="novels", on_delete="setNull")
    marks = columns.Relationship("Mark", "oneToMany", on_delete="setNull")
    cover = columns.Relationship("Cover", "oneToOne", two_way_key="novel", on_delete="setNull")


class Mark(Table):
    name = columns.String(size=20)


class Cover(Table):
    name = columns.String(size=20)
    novel = columns.Relationship(Novel, "oneToOne", two_way_key="cover", on_delete="setNull")


@pytest.fixture(autouse=True)
def library() -> Iterator[None]:
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


class TestOneRow:
    def test_the_row_and_its_id(self) -> None:
        novel = Novel.objects.get(pk="a")
        with counted() as costs:
            assert (novel.writer_id, novel.writer.name, novel.writer.publisher.name) == ("ada", "Ada", "Ink")
        assert len(costs.requests) == 2
        assert (novel.cover_id, novel.cover.name, novel.cover.novel) == ("green", "green", novel)
        assert (Novel.objects.get(pk="d").writer_id, Novel.objects.get(pk="d").writer) == (None, None)

    def test_what_a_change_answers_is_what_a_read_shows(self) -> None:
        made = Novel.objects.create(title="e", writer_id="gone", topics=["sea"])
        read = Novel.objects.get(pk=made.pk)
        assert (made.writer_id, made.cover_id) == ("gone", None)
        assert (read.writer_id.lower(), read.cover_id) == ("gone", None)
        with pytest.raises(Writer.DoesNotExist, match=r"(?i)'gone', which does not exist"):
            read.writer  # noqa: B018
        made.writer = Writer.objects.get(pk="bob")
        made.save()
        assert made.to_dict()["author"] == Novel.objects.get(pk=made.pk).to_dict()["author"] == "bob"

    def test_rows_are_linked_and_unlinked(self) -> None:
        novel = Novel.objects.get(pk="a")
        novel.writer = Writer.objects.get(pk="bob")
        novel.save()
        assert names(Writer.objects.get(pk="bob").novels) == ["a", "b"]
        novel.writer = None
        novel.save()
        assert Novel.objects.get(pk="a").writer is None

    def test_chosen_columns(self) -> None:
        assert [row.writer_id for row in Novel.objects.only("writer_id")] == ["ada", "bob", "ada", None]
        assert list(Novel.objects.values_list("title", "writer_id"))[:2] == [("a", "ada"), ("b", "bob")]
        assert Novel.objects.defer("title").get(pk="a").cover_id == "green"
        with pytest.raises(AttributeError, match="title was not read"):
            Novel.objects.defer("title").get(pk="a").title  # noqa: B018


class TestManyRows:
    def test_they_are_a_queryset(self) -> None:
        novel = Novel.objects.get(pk="a")
        assert names(novel.topics) == names(novel.topics.all()) == ["sea", "war"]
        assert names(novel.topics.filter(name="war")) == ["war"]
        assert (novel.topics.count(), novel.marks.count(), Novel.objects.get(pk="d").topics.count()) == (2, 2, 0)
        assert names(Writer.objects.get(pk="ada").novels.order_by("-title")) == ["a", "c"]

    def test_their_costs(self) -> None:
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

    def test_they_are_set_as_a_whole(self) -> None:
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
    def test_only_rows_or_ids(self, wrong: object) -> None:
        with pytest.raises(ValueError, match=r"Novel.topics takes a list of saved Topic rows, or of their ids"):
            Novel(title="x", topics=wrong)

    def test_the_way_back(self) -> None:
        assert names(Topic.objects.get(pk="sea").novels) == ["a", "b"]
        assert names(Publisher.objects.get(pk="ink").writers) == ["Ada"]
        mark = Mark.objects.get(pk="m1")
        with pytest.raises(AttributeError, match=r"Mark.novel_set cannot be read.*Give it a two_way_key"):
            mark.novel_set  # noqa: B018
        with pytest.raises(ValueError, match="has not been saved"):
            Topic(name="new").novels  # noqa: B018

    def test_rows_are_made_on_the_way(self) -> None:
        made = Writer.objects.get(pk="bob").novels.create(title="new")
        assert Novel.objects.get(pk=made.pk).writer_id == "bob"
        found, created = Writer.objects.get(pk="bob").novels.get_or_create(title="newer")
        assert (created, found.writer_id) == (True, "bob")
        assert names(Writer.objects.get(pk="bob").novels) == ["b", "new", "newer"]
        made = Topic.objects.get(pk="zoo").novels.create(title="animals")
        assert names(Topic.objects.get(pk="zoo").novels) == ["animals"]
        assert names(made.topics) == ["zoo"]
        assert Publisher.objects.get(pk="ink").writers.create(name="Cyd").publisher_id == "ink"
        with pytest.raises(FieldError, match="no declared column that leads back"):
            Novel.objects.get(pk="a").topics.create(name="no way back")

    def test_asynchronously(self) -> None:
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
    def test_one_request_more_for_each(self) -> None:
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

    def test_back_and_on(self) -> None:
        with counted() as costs:
            writers = list(Writer.objects.prefetch_related("novels__topics"))
            assert [[names(novel.topics.all()) for novel in writer.novels.all()] for writer in writers] == [
                [["sea", "war"], []],
                [["sea"]],
            ]
        assert len(costs.requests) == 3
        topics = list(Topic.objects.prefetch_related("novels"))
        assert [names(topic.novels.all()) for topic in topics] == [["a", "b"], ["a"], []]

    def test_with_chosen_columns(self) -> None:
        novels = list(Novel.objects.only("title").prefetch_related("topics"))
        assert names(novels[0].topics.all()) == ["sea", "war"]

    def test_what_is_no_relation(self) -> None:
        with pytest.raises(FieldError, match=r"has no relation 'topic'. It has: cover, marks, topics, writer"):
            Novel.objects.prefetch_related("topic")
        with pytest.raises(FieldError, match="no reference 'topics'"):
            Novel.objects.select_related("topics")
        with pytest.raises(FieldError, match="cannot be read"):
            Mark.objects.prefetch_related("novel_set")


class TestFilters:
    def test_by_id(self) -> None:
        ada = Writer.objects.get(pk="ada")
        assert names(Novel.objects.filter(writer=ada)) == names(Novel.objects.filter(writer_id="ada")) == ["a", "c"]
        assert names(Novel.objects.filter(writer=None)) == names(Novel.objects.filter(writer__isnull=True)) == ["d"]
        assert names(Novel.objects.exclude(writer=ada)) == ["b", "d"]
        assert (
            names(Novel.objects.filter(topics="sea")) == names(Novel.objects.filter(topics__in=["sea"])) == ["a", "b"]
        )
        assert names(Novel.objects.filter(topics=Topic.objects.get(pk="war"))) == ["a"]
        assert names(Novel.objects.filter(topics__isnull=True)) == ["c", "d"]
        assert names(Novel.objects.filter(topics__isnull=False)) == ["a", "b"]
        assert names(Novel.objects.exclude(topics="sea")) == ["c", "d"]

    def test_across_in_one_request(self) -> None:
        for across, found in (
            (Novel.objects.filter(writer__name="Ada"), ["a", "c"]),
            (Novel.objects.filter(topics__name="sea"), ["a", "b"]),
            (Novel.objects.filter(marks__name="red"), ["a"]),
            (Writer.objects.filter(novels__title="b"), ["Bob"]),
            (Topic.objects.filter(novels__title__startswith="a"), ["sea", "war"]),
            (Publisher.objects.filter(writers__name="Ada"), ["Ink"]),
        ):
            with counted() as costs:
                assert names(across) == found
            assert len(costs.requests) == 1
            assert (across.count(), across.exists()) == (len(found), True)

    def test_across_by_a_second_question(self) -> None:
        for across, found in (
            (Novel.objects.exclude(writer__name="Ada"), ["b", "d"]),
            (Novel.objects.exclude(topics__name="sea"), ["c", "d"]),
            (Novel.objects.filter(Q(writer__name="Bob") | Q(topics__name="war")), ["a", "b"]),
            (Novel.objects.filter(writer__name="Ada", writer__born="here", topics__name="sea"), ["a"]),
            (Novel.objects.filter(topics__name="sea", topics__id="war"), []),
            (Novel.objects.filter(topics__name="sea").filter(topics__name="war"), ["a"]),
            (Novel.objects.filter(writer__publisher__name="Ink"), ["a", "c"]),
            (Novel.objects.filter(writer__publisher__isnull=True), ["b"]),
            (Writer.objects.exclude(novels__title="b"), ["Ada"]),
            (Publisher.objects.filter(writers__novels__title="c"), ["Ink"]),
            (Mark.objects.filter(novel__title="a"), ["blue", "red"]),
            (Mark.objects.exclude(novel_set__title="a"), []),
        ):
            assert names(across) == found

    def test_what_only_appwrite_can_follow(self) -> None:
        with pytest.raises(FieldError, match="'marks' in simple conditions on columns of Mark only"):
            Novel.objects.filter(marks="m1")
        with pytest.raises(NotSupportedError, match="cannot be excluded"):
            Novel.objects.exclude(marks__name="red")
        either = Novel.objects.filter(Q(marks__name="red") | Q(title="b"))
        with pytest.raises(NotSupportedError, match=r"single condition that is neither negated.*two_way_key"):
            list(either)

    def test_what_cannot_be_asked(self) -> None:
        for wrong in ({"topics__nam": 1}, {"topcs": 1}, {"writer_id__startswith": "a"}, {"topics__name__foo": 1}):
            with pytest.raises(FieldError):
                Novel.objects.filter(**wrong)
        with pytest.raises(ValidationError, match="True or False"):
            Novel.objects.filter(topics__isnull="yes")
        with pytest.raises(FieldError, match="cannot order by a relationship"):
            Novel.objects.order_by("writer_id")


def test_what_the_server_refuses() -> None:
    class Shelf(Table):
        name = columns.String(size=20)
        boards = columns.Relationship("Board", "oneToMany", two_way_key="shelf")

    class Board(Table):
        name = columns.String(size=20)

    with made(Shelf, Board):
        Board.objects.create(id="b", name="b")
        shelf = Shelf.objects.create(name="s", boards=["b"])
        with pytest.raises(PermissionDenied):
            shelf.delete()
        assert names(Shelf.objects.all()) == ["s"]
