"""References and relationships that cannot work, each with the id of its check."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from django_appwrite_orm import Index, columns
from django_appwrite_orm.tables.columns import Relationship
from tests.support.system_checks import declare, found, ids

pytestmark = pytest.mark.usefixtures("own_registry")


def author(**body: Any) -> None:
    declare({"name": "authors"}, "Author", name=columns.String(), **body)


def book(**body: Any) -> None:
    declare({"name": "books"}, "Book", title=columns.String(), **body)


def test_both_sides_of_a_relationship_may_be_declared_or_one() -> None:
    author(books=Relationship("Book", "oneToMany", two_way_key="author", on_delete="cascade"))
    book(
        author=Relationship("Author", "manyToOne", two_way_key="books", on_delete="cascade"),
        editor=Relationship("Author", "oneToOne", two_way_key="edits"),
        readers=Relationship("Author", "manyToMany"),
        first=Relationship("Author", "manyToOne", related_name="+"),
        second=Relationship("Author", "manyToOne", related_name="second_of"),
    )
    assert found() == []


@pytest.mark.parametrize("relation", [columns.Reference("Autor"), Relationship("Autor", "manyToMany")])
def test_a_target_that_is_not_there(relation: Any) -> None:
    book(author=relation)
    author()
    [(identity, message)] = found()
    assert identity == "E026"
    assert (
        "Book.author cannot be followed. There is no table 'Autor'. Did you mean: authors? Registered: authors"
        in message
    )


def test_a_target_of_two_tables_and_one_that_is_not_registered() -> None:
    from tests.support.library.tables import Everything

    declare({"name": "first", "app_label": "one"}, "Author", name=columns.String())
    declare({"name": "second", "app_label": "two"}, "Author", name=columns.String())
    book(author=columns.Reference("Author"), other=columns.Reference(Everything))
    assert [message for _, message in found()] == [
        "Book.author: 'Author' could be one.Author or two.Author. Pass the class itself or one of these labels.",
        "<Reference: other> leads to Everything, which is not registered.",
    ]
    assert ids() == ["E026", "E026"]


@pytest.mark.parametrize(
    ("side", "message"),
    [
        ({"two_way_key": "author"}, "is declared differently"),  # restrict here, setNull there
        ({"two_way_key": "writer", "on_delete": "setNull"}, "is declared differently"),
        ({"on_delete": "setNull"}, "is declared differently"),
        ({"type": "manyToMany", "two_way_key": "author", "on_delete": "setNull"}, "is declared differently"),
    ],
)
def test_sides_that_differ(side: dict[str, Any], message: str) -> None:
    author(books=Relationship("Book", **{"type": "oneToMany", **side}))
    book(author=Relationship("Author", "manyToOne", two_way_key="books", on_delete="setNull"))
    assert ("E027", message) in [(identity, message) for identity, text in found() if message in text]
    assert set(ids()) == {"E027"}


def test_a_two_way_key_that_is_taken() -> None:
    author()
    book(
        author=Relationship("Author", "manyToOne", two_way_key="Name", related_name="+"),
        one=Relationship("Author", "manyToOne", two_way_key="them"),
        two=Relationship("Author", "oneToOne", two_way_key="THEM", related_name="+"),
        three=Relationship("Author", "manyToMany", related_name="+"),
        four=Relationship("Author", "manyToMany", related_name="+"),
    )
    declare({}, "Film", author=Relationship("Author", "manyToOne", two_way_key="them", related_name="+"))
    messages = " ".join(message for _, message in found())
    assert set(ids()) == {"E027"}
    assert "'author': two_way_key 'Name' is the key of Author.name." in messages
    assert "'two': Book.one also has the two_way_key 'THEM'." in messages
    assert "'four': 'three' is also a manyToMany to Author" in messages
    assert "'author': Book.one also has the two_way_key 'them'." in messages


@pytest.mark.parametrize(
    ("type", "two_way_key", "message"),
    [
        ("oneToOne", None, "Appwrite cannot build a oneToOne of a table with itself. Use a Reference"),
        ("oneToOne", "back", "Appwrite cannot build a oneToOne of a table with itself. Use a Reference"),
        ("manyToOne", None, "Appwrite cannot build a one-way manyToOne of a table with itself. Set two_way_key="),
        ("manyToOne", "back", ""),
        ("oneToMany", None, ""),
        ("oneToMany", "back", ""),
        ("manyToMany", None, ""),
        ("manyToMany", "back", ""),
        ("oneToMany", "link", "two_way_key 'link' is the relationship's own key."),
    ],
)
def test_a_table_with_itself(type: str, two_way_key: str | None, message: str) -> None:
    declare({}, "Tree", link=Relationship("self", type, two_way_key=two_way_key))
    messages = found()
    assert [identity for identity, _ in messages] == (["E027"] if message else [])
    assert message in " ".join(text for _, text in messages)


def test_a_table_with_itself_declared_on_both_sides() -> None:
    declare(
        {},
        "Fern",
        up=Relationship("self", "manyToOne", two_way_key="down"),
        down=Relationship("self", "oneToMany", two_way_key="up"),
    )
    assert ids() == []


def test_another_connection() -> None:
    connection = {"ENDPOINT": "local::memory:", "DATABASE_ID": "d"}
    declare({"name": "authors", "using": "other"}, "Author")
    book(author=Relationship("Author", "manyToOne"), editor=columns.Reference("Author", related_name="+"))
    with override_settings(APPWRITE_ORM={"default": connection, "other": connection}):
        assert ids() == ["E028"]


def test_names_and_keys_count_among_those_of_the_columns() -> None:
    author()
    book(
        save=Relationship("Author", "oneToMany", related_name="+"),
        update=Relationship("Author", "manyToOne", related_name="+"),
        many=Relationship("Author", "oneToMany", column="TITLE", related_name="+"),
        dotted=Relationship("Author", "oneToMany", column="a.b", related_name="+"),
    )
    assert sorted(ids()) == ["E020", "E021", "E022"]


@pytest.mark.parametrize("name", ["author", "author_id", "writer", "tags"])
def test_an_index_over_a_relationship(name: str) -> None:
    author()
    declare(
        {"indexes": [Index(name)]},
        "Book",
        author=Relationship("Author", "manyToOne", column="writer"),
        tags=Relationship("Author", "oneToMany", related_name="tagged"),
    )
    assert ids() == ["E039"]


def test_each_side_takes_its_part_of_a_row() -> None:
    for number in range(64):  # of 1,021 bytes each; there is room for 63
        relationship = Relationship("Author", "oneToMany", two_way_key=f"book{number}" if number else None)
        declare({"name": f"books{number}"}, f"Book{number}", authors=relationship)
    author(**{f"own{number}": Relationship(f"Book{number}", "oneToMany") for number in range(63)})
    assert ids() == ["E023"]


def test_ways_back_that_cannot_be_reached() -> None:
    author()
    book(
        author=columns.Reference("Author"),
        editor=columns.Reference("Author"),
        named=columns.Reference("Author", related_name="name"),
        taken=columns.Reference("Author", related_name="save"),
        told=columns.Reference("Author", related_name="told_of"),
        none=Relationship("Author", "manyToOne", related_name="+"),
    )
    assert found() == [
        ("W026", f"The reverse relation of {name!r} on Author is {way!r}, a name that {rival} already.")
        for name, way, rival in (
            ("editor", "book_set", "Book.author has"),
            ("named", "name", "Author has"),
            ("taken", "save", "every row has"),
        )
    ]
