"""Which rows are seen, and what can be done with them, is what a table's manager says, wherever it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from django.shortcuts import get_object_or_404
from django.template import engines
from django.views.generic import DetailView, ListView

from django_appwrite_orm import Manager, QuerySet, Table, columns, orm
from django_appwrite_orm.exceptions import ConfigurationError
from django_appwrite_orm.registry import registry
from tests.support.costs import counted
from tests.support.tables import prepare


class PageQuerySet(QuerySet["Page"]):
    def called(self, title: str) -> PageQuerySet:
        return self.filter(title=title)

    def delete(self) -> Any:
        return self.update(draft=True)


class Published(Manager):
    """As people write it: the queryset is made, not asked of the base."""

    def get_queryset(self) -> Any:
        return PageQuerySet(self.model, using=self._db).filter(draft=False)


class Author(Table):
    name = columns.String()


class Tag(Table):
    name = columns.String()


class Page(Table):
    title = columns.String()
    draft = columns.Boolean(default=False)
    author = columns.Reference(Author)
    tags = columns.Relationship(Tag, "manyToMany", two_way_key="pages", on_delete="setNull")

    objects = Published()
    everything = PageQuerySet.as_manager()


class Note(Table):
    text = columns.String()
    page = columns.Reference(Page)


class Loud(Manager.from_queryset(PageQuerySet)):  # type: ignore[misc]
    """With methods of its own, and one that is also the queryset's."""

    def __init__(self, suffix: str = "!") -> None:
        super().__init__()
        self.suffix = suffix

    def get_queryset(self) -> Any:
        return super().get_queryset().exclude(title="secret")

    def shout(self, title: str) -> list[str]:
        return [page.title + self.suffix for page in self.called(title)]

    def create(self, **values: Any) -> Any:
        return super().create(**{"draft": True, **values})

    def called(self, title: str) -> Any:
        return super().called(title.lower())


class Letter(Table):
    title = columns.String()
    draft = columns.Boolean(default=False)
    author = columns.Reference(Author)

    objects = Loud("?")


TABLES = [Author, Tag, Page, Note, Letter]


@pytest.fixture(autouse=True)
def pages() -> Iterator[None]:
    """A page that is shown, one that is a draft, and a note on each."""
    for table in TABLES:
        registry.add(table)
    prepare(*TABLES)
    ada, tag = Author.objects.create(name="Ada", id="ada"), Tag.objects.create(name="t", id="t")
    for title, draft in (("shown", False), ("hidden", True)):
        page = Page.objects.create(title=title, draft=draft, author=ada, tags=[tag], id=title)
        Note.objects.create(text=title, page=page)
    yield
    for table in TABLES:
        registry.discard(table)


def titles(rows: Any) -> list[str]:
    return [row.title for row in rows]


def in_template(text: str) -> list[str]:
    return engines["django"].from_string("{% load appwrite %}" + text).render({"table": Page._meta.name}).split()


SHOWN = {
    "objects": lambda: titles(Page.objects.all()),
    "objects itself": lambda: titles(Page.objects),
    "default manager": lambda: titles(Page._default_manager.all()),
    "way back": lambda: titles(Author.objects.get(pk="ada").page_set.all()),
    "way back, filtered": lambda: titles(Author.objects.get(pk="ada").page_set.filter(title__in=["shown", "hidden"])),
    "way back, read along": lambda: titles(Author.objects.prefetch_related("page_set")[0].page_set.all()),
    "links": lambda: titles(Tag.objects.get(pk="t").pages.all()),
    "links, read along": lambda: titles(Tag.objects.prefetch_related("pages")[0].pages.all()),
    "verbs": lambda: titles(orm.table(Page._meta.name).all()),
    "verbs' find": lambda: titles(orm.table(Page._meta.name).find()),
    "template tag": lambda: in_template("{% rows table as found %}{% for page in found %}{{ page.title }}{% endfor %}"),
}


class TestTheDefaultManager:
    @pytest.mark.parametrize("way", SHOWN)
    def test_the_default_manager_decides_which_rows_are_visible(self, way: str) -> None:
        assert SHOWN[way]() == ["shown"]

    def test_djangos_views_use_the_default_manager(self, rf: Any) -> None:
        listed = ListView.as_view(model=Page, template_name="x.html")(rf.get("/"))
        assert titles(listed.context_data["object_list"]) == ["shown"]
        with pytest.raises(Exception, match="No page found"):
            DetailView.as_view(model=Page, template_name="x.html")(rf.get("/"), pk="hidden")
        with pytest.raises(Exception, match="No Page matches"):
            get_object_or_404(Page, pk="hidden")

    @pytest.mark.parametrize("way", ["page_set", "pages"])
    def test_reverse_relations_have_the_default_managers_queryset_class(self, way: str) -> None:
        rows = Author.objects.get(pk="ada").page_set if way == "page_set" else Tag.objects.get(pk="t").pages
        assert isinstance(rows, PageQuerySet)
        assert titles(rows.called("shown")) == ["shown"]
        rows.delete()
        assert Page.everything.count() == 2

    def test_reverse_relations_are_limited_to_their_rows_whatever_get_queryset_returns(self) -> None:
        Page.objects.create(title="other", author=Author.objects.create(name="Bob", id="bob"))
        assert titles(Author.objects.get(pk="bob").page_set.all()) == ["other"]
        assert Author.objects.get(pk="bob").page_set.create(title="new").author_id == "bob"

    def test_related_rows_keep_the_connection_whatever_get_queryset_returns(self) -> None:
        class Forgetful(Manager):
            def get_queryset(self) -> Any:
                return QuerySet(self.model)

        guest = Forgetful().bound(Page, Author.objects.as_guest().db).get_queryset()
        assert guest.db == Author.objects.as_guest().db != "default"

    def test_prefetched_rows_are_not_read_again(self) -> None:
        (author,) = Author.objects.prefetch_related("page_set")
        with counted() as costs:
            assert titles(author.page_set.all()) == ["shown"]
        assert costs.requests == costs.cache == []


class TestTheBaseManager:
    def test_a_reference_leads_to_rows_that_are_hidden(self) -> None:
        note = Note.objects.get(text="hidden")
        assert note.page.title == "hidden"
        assert [n.page.title for n in Note.objects.select_related("page")] == ["shown", "hidden"]
        assert Note.objects.filter(page__title="hidden").count() == 1

    def test_a_hidden_row_is_refreshed_and_saved(self) -> None:
        page = Page.everything.get(pk="hidden")
        page.refresh_from_db()
        page.title = "still hidden"
        page.save()
        assert Page.everything.get(pk="hidden").title == "still hidden"

    def test_both_managers_may_be_named_in_meta(self) -> None:
        class Named(Page):
            class Meta:
                id = name = Page._meta.name
                default_manager_name = "everything"
                base_manager_name = "objects"

        assert titles(Named._default_manager.all()) == ["shown", "hidden"]
        hidden = Named._default_manager.get(pk="hidden")
        with pytest.raises(Named.DoesNotExist):
            hidden.refresh_from_db()
        with pytest.raises(
            ConfigurationError, match=r"Odd\.Meta: base_manager_name is 'others', which is not a manager"
        ):
            type("Odd", (Page,), {"Meta": type("Meta", (), {"base_manager_name": "others"})})


class TestAManagerWithMethods:
    def test_a_manager_has_its_own_methods_and_those_of_its_queryset(self) -> None:
        made = Letter.objects.create(title="dear")
        Letter.objects.create(title="secret")
        assert made.draft
        assert Letter.objects.shout("DEAR") == ["dear?"]
        assert (
            titles(Letter.objects)
            == titles(Letter.objects.all())
            == titles(Letter.objects.using("default"))
            == ["dear"]
        )
        assert (len(Letter.objects), Letter.objects[0], bool(Letter.objects)) == (1, made, True)
        assert (Letter.objects.db, Letter.objects.model) == ("default", Letter)
        assert isinstance(Letter.objects, Loud)
        assert type(Letter.objects.filter()) is PageQuerySet
        assert titles(Letter.objects.db_manager("default").called("Dear")) == ["dear"]
        with pytest.raises(AttributeError, match="'Loud' object has no attribute '_private'"):
            _ = Letter.objects._private

    def test_reverse_relations_have_the_methods_of_the_manager(self) -> None:
        ada = Author.objects.get(pk="ada")
        ada.letter_set.create(title="hers")
        Letter.objects.create(title="nobodys")
        assert titles(ada.letter_set) == ["hers"]
        assert ada.letter_set.shout("hers") == ["hers?"]
        assert ada.letter_set.shout("nobodys") == []

    def test_asynchronous_code_calls_overridden_methods(self) -> None:
        async def make() -> tuple[Any, list[str]]:
            made = await Letter.objects.acreate(title="dear")
            return made, [letter.title async for letter in Letter.objects]

        made, found = asyncio.run(make())
        assert (made.draft, found) == (True, ["dear"])

    def test_templates_do_not_call_what_writes(self) -> None:
        Letter.objects.create(title="dear")
        text = "{{ letters.delete }}{{ letters.create }}{{ letters.adelete }}{{ letters.count }}"
        assert engines["django"].from_string(text).render({"letters": Letter.objects}) == "1"


class TestClasses:
    def test_the_first_manager_is_the_default_one(self) -> None:
        class Two(Table):
            chosen = PageQuerySet.as_manager()
            objects = Manager()

        class Heir(Two):
            further = Published()

        class Without(Two):
            chosen = None

        assert Two._meta.default_manager.name == "chosen"
        assert (Heir._meta.default_manager.name, Without._meta.default_manager.name) == ("further", "objects")
        assert isinstance(Heir.chosen, PageQuerySet)

    def test_a_class_attribute_names_the_querysets_too(self) -> None:
        class Mine(Manager):
            queryset_class = PageQuerySet

        assert isinstance(Mine().bound(Page).exposed(), PageQuerySet)
        assert isinstance(Manager(PageQuerySet).bound(Page).exposed(), PageQuerySet)

    def test_managers_are_for_classes_and_not_for_migrations(self) -> None:
        with pytest.raises(AttributeError, match="Manager isn't accessible via Page rows"):
            _ = Page(title="x").objects
        with pytest.raises(ConfigurationError, match=r"Old\.use_in_migrations has no effect here"):
            type("Old", (Manager,), {"use_in_migrations": True})
        for hook in ("contribute_to_class", "check", "deconstruct"):
            with pytest.raises(ConfigurationError, match=rf"Old\.{hook}\(\) is a hook of Django's managers"):
                type("Old", (Manager,), {hook: lambda self, *args: None})

    @pytest.mark.parametrize("name", ["_fetch_all", "_chain", "_update", "_filter_or_exclude"])
    def test_internals_of_djangos_querysets_are_refused(self, name: str) -> None:
        with pytest.raises(ConfigurationError, match=rf"Odd\.{name} is an internal method of Django's querysets"):
            type("Odd", (QuerySet,), {name: lambda self, *args: None})
        type("Fine", (QuerySet,), {"_clone": lambda self, **changes: self, "_mine": 1})
