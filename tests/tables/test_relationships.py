"""Declarations of Appwrite's relationships, to one row and to many."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from django_appwrite_orm import Table, columns
from django_appwrite_orm.exceptions import ConfigurationError


class Book(Table):
    title = columns.String()
    author = columns.Relationship("Author", "manyToOne", two_way_key="books", on_delete="setNull")
    cover = columns.Relationship("Author", "oneToOne", column="front")
    chapters = columns.Relationship("Author", "oneToMany", renamed_from="parts")
    tags = columns.Relationship("Author", "manyToMany", column="labels", related_name="tagged")


def test_a_link_to_one_row_is_a_reference_with_a_key_of_its_own() -> None:
    meta = Book._meta
    assert list(meta.columns) == ["title", "author_id", "cover_id"]
    assert {name: column.key for name, column in meta.columns.items()} == {
        "title": "title", "author_id": "author", "cover_id": "front",
    }  # fmt: skip
    assert list(meta.references) == ["author", "cover"]
    assert Book(author_id="ann").author_id == "ann"
    with pytest.raises(ValidationError, match="is not the id of a row"):
        Book(author_id="no id").full_clean()


def test_all_four_types_have_keys_and_reverse_relations() -> None:
    found = Book._meta.relationships
    assert {name: (one.type, one.key) for name, one in found.items()} == {
        "author": ("manyToOne", "author"), "cover": ("oneToOne", "front"),
        "chapters": ("oneToMany", "chapters"), "tags": ("manyToMany", "labels"),
    }  # fmt: skip
    assert [one.accessor(Book) for one in found.values()] == ["books", "book_set", "book_set", "tagged"]
    assert found["chapters"].renamed_from == "parts"
    assert repr(Book.tags) == "<Relationship: tags>"


def test_the_definitions_sent_to_appwrite() -> None:
    assert Book.author.definition("authors") == {
        "key": "author", "type": "relationship", "required": False, "array": False, "relatedTable": "authors",
        "relationType": "manyToOne", "twoWay": True, "twoWayKey": "books", "onDelete": "setNull", "side": "parent",
    }  # fmt: skip
    one_way = Book.tags.definition("tags")
    assert (one_way["key"], one_way["twoWay"], one_way["twoWayKey"]) == ("labels", False, None)


def test_the_id_is_read_from_each_form_that_appwrite_sends() -> None:
    raw = {"$id": "b", "title": None, "front": None}
    for sent, id in (("ann", "ann"), ({"$id": "ann", "name": "Ann"}, "ann"), ([], None), (None, None)):
        assert Book.from_appwrite({**raw, "author": sent}, "default").author_id == id


def test_a_subclass_has_the_relationships_of_its_base() -> None:
    class Novel(Book):
        pass

    assert list(Novel._meta.relationships) == ["author", "cover", "chapters", "tags"]
    assert Novel(author_id="x").author_id == "x"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("", "oneToOne", {}), "^Relationship: expected a table class"),
        (("A", "one", {}), "the type must be one of oneToOne, oneToMany, manyToOne, manyToMany, not 'one'"),
        (("A", "oneToOne", {"on_delete": "cascades"}), "on_delete must be one of restrict, cascade, setNull"),
        (("A", "oneToOne", {"required": True}), "Appwrite has no required for relationships. Leave required= out."),
        (("A", "manyToMany", {"array": True}), "Appwrite has no array"),
        (("A", "manyToMany", {"default": []}), "Appwrite has no default"),
    ],
)
def test_wrong_options_of_relationships_are_refused(given: tuple[str, str, dict[str, Any]], message: str) -> None:
    to, type, options = given
    with pytest.raises(ConfigurationError, match=message):
        columns.Relationship(to, type, **options)
