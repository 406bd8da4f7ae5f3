"""A row as it comes from Appwrite."""

from __future__ import annotations

import copy
from typing import Any

from tests.support.library.tables import Book

SYSTEM = {
    "$id": "b1",
    "$sequence": "7",
    "$createdAt": "2024-01-02T03:04:05.678+00:00",
    "$updatedAt": "2024-01-03T03:04:05.678+00:00",
    "$permissions": ['read("any")'],
    "$databaseId": "library",
    "$tableId": "books",
}
RAW = {
    **SYSTEM,
    "title": "Dune",
    "price": 9,
    "pages": None,
    "genre": "novel",
    "tags": ["sf"],
    "lent": False,
    "added": "2024-01-02T03:04:05.678+00:00",
}


def stored(**values: Any) -> Book:
    return Book.from_appwrite({**copy.deepcopy(RAW), **values}, "default")
