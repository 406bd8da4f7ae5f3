"""Indexes that cannot work, each with the id of its check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from django_appwrite_orm import FulltextIndex, Index, SpatialIndex, UniqueIndex, columns
from tests.support.system_checks import declare, found

pytestmark = pytest.mark.usefixtures("own_registry")


BODY: dict[str, Callable[[], columns.Column]] = {
    "name": lambda: columns.String(size=100),
    "url": columns.URL,
    "story": columns.Text,
    "price": columns.Float,
    "stock": columns.Integer,
    "tags": lambda: columns.String(array=True),
    "secret": lambda: columns.String(size=150, encrypt=True),
    "place": lambda: columns.Point(required=True),
    "way": columns.Line,
}


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (Index("name", key="a b"), ("E031", "'a b' is not a valid index key.")),
        (Index("name", key="x" * 37), ("E031", f"'{'x' * 37}' is not a valid index key.")),
        (Index("name", key="PRIMARY"), ("E031", "'PRIMARY' is not a valid index key.")),
        (Index("name", key="_created_at"), ("E031", "'_created_at' is not a valid index key.")),
        (Index("name", key="_tenant_id"), ("E031", "'_tenant_id' is not a valid index key.")),
        (Index("none"), ("E033", "Index 'none_key' is over 'none', which cannot be indexed or is not a column.")),
        (
            Index("sequence"),
            ("E033", "Index 'sequence_key' is over 'sequence', which cannot be indexed or is not a column."),
        ),
        ("name", ("E033", "Meta.indexes holds 'name', which is not an index.")),
        (Index("name", "-name"), ("E034", "Index 'name_name_key' names a column twice.")),
        (Index("id", "pk"), ("E034", "Index 'id_pk_key' names a column twice.")),
        (Index("tags"), ("E035", "Index 'tags_key' is over the array 'tags'.")),
        (FulltextIndex("tags"), ("E035", "Index 'tags_fulltext' is over the array 'tags'.")),
        (
            FulltextIndex("name", "price"),
            ("E036", "Fulltext index 'name_price_fulltext' is over 'price', which is not a text column."),
        ),
        (
            FulltextIndex("created_at"),
            ("E036", "Fulltext index 'created_at_fulltext' is over '$createdAt', which is not a text column."),
        ),
        (
            Index("price", lengths=[5]),
            ("E037", "Index 'price_key' gives a length for 'price', which is not text."),
        ),
        (Index("name", lengths=[101]), ("E037", "Index 'name_key' gives 'name' the length 101.")),
        (Index("name", lengths=[0]), ("E037", "Index 'name_key' gives 'name' the length 0.")),
        (Index("name", lengths=[True]), ("E037", "Index 'name_key' gives 'name' the length True.")),
        (Index("url"), ("E038", "Index 'url_key' is 2,000 characters long; Appwrite allows 768.")),
        (UniqueIndex("story"), ("E038", "Index 'story_unique' is 65,535 characters long; Appwrite allows 768.")),
        (
            Index("url", "name", lengths=[669, None]),
            ("E038", "Index 'url_name_key' is 769 characters long; Appwrite allows 768."),
        ),
        (
            Index("url", "price", lengths=[767, None]),
            ("E038", "Index 'url_price_key' is 769 characters long; Appwrite allows 768."),
        ),
        (
            Index("secret"),
            ("E039", "Index 'secret_key' is over the encrypted column 'secret', which cannot be indexed."),
        ),
        (Index("place"), ("E050", "Index 'place_key' is over 'place', a spatial column.")),
        (SpatialIndex("name"), ("E050", "Spatial index 'name_spatial' is over name.")),
        (SpatialIndex("id"), ("E050", "Spatial index 'id_spatial' is over id.")),
        (SpatialIndex("place", "name"), ("E050", "Spatial index 'place_name_spatial' is over place, name.")),
        (SpatialIndex("-place"), ("E050", "Spatial index 'place_spatial' is over place.")),
        (
            SpatialIndex("nowhere"),
            ("E033", "Index 'nowhere_spatial' is over 'nowhere', which cannot be indexed or is not a column."),
        ),
        (SpatialIndex("way"), ("W050", "Spatial index 'way_spatial' is over 'way', which is not required.")),
    ],
)
def test_indexes(index: Any, expected: tuple[str, str]) -> None:
    declare({"indexes": [index]}, **{name: make() for name, make in BODY.items()})
    assert found() == [expected]


@pytest.mark.parametrize(
    "index",
    [
        Index("url", "name", lengths=[668, None]),
        Index("url", "stock", lengths=[767, None]),
        Index("story", lengths=[768]),
        FulltextIndex("story", "name"),
        UniqueIndex("name", "-created_at"),
        Index("id", "updated_at"),
        SpatialIndex("place"),
    ],
)
def test_indexes_that_are_right(index: Index) -> None:
    declare({"indexes": [index]}, **{name: make() for name, make in BODY.items()})
    assert found() == []


def test_an_index_sees_keys_also_where_they_differ_from_names() -> None:
    declare({"indexes": [Index("title", "$createdAt"), Index("heading")]}, title=columns.String(column="heading"))
    assert found() == []


def test_two_indexes_with_one_key() -> None:
    declare({"indexes": [Index("c", key="one"), UniqueIndex("c", key="One")]}, c=columns.Integer())
    assert found() == [("E032", "Two indexes have the key 'One'.")]


def test_the_number_of_indexes() -> None:
    declare({"indexes": [Index("c", key=f"i{n}") for n in range(58)]}, c=columns.Integer())
    assert found() == []
    declare({"id": "more", "indexes": [Index("c", key=f"i{n}") for n in range(59)]}, "More", c=columns.Integer())
    assert found() == [("E030", "The table has 59 indexes; Appwrite allows 58.")]
