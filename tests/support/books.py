"""Books to ask for."""

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


def titles(rows) -> list[str]:
    return [book.title for book in rows]
