"""Books to ask for."""

from tests.support.library.tables import Book

FOUR = [
    ("Dune", 9.5, 412, "novel"),
    ("Emma", 4.0, 474, "novel"),
    ("Howl", 3.0, None, "poetry"),
    ("Ariel", 6.0, 81, "poetry"),
]
# Some without pages or genre.
SIX = [
    ("Dune", 9.5, 412, "novel", ["sf", "desert"]),
    ("Emma", 4, 474, "novel", ["love"]),
    ("Cosmos", 12, 365, "science", ["space", "sf"]),
    ("Howl", 3, None, "poetry", []),
    ("Ariel", 6, 81, "poetry", ["love"]),
    ("Brief", 8, 256, None, []),
]


def create_six() -> None:
    """Fill the table of books with those."""
    Book.objects.bulk_create(
        [Book(title=t, price=p, pages=n, genre=g, tags=tags, id=t.lower()) for t, p, n, g, tags in SIX]
    )
    Book.objects.filter(pk="brief").update(genre=None)


def titles(rows) -> list[str]:
    return [book.title for book in rows]
