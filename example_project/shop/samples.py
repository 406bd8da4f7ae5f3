"""The first stock of the shop: name, price, stock, category, tags, description."""

from shop.tables import Product

_SAMPLES = [
    ("A Field Guide to Clouds", 18.5, 12, "books", ["nature"], "Forty kinds of cloud, each with a drawing."),
    ("Bread for Beginners", 24, 7, "books", ["cooking"], "Six doughs, and what can be made of them."),
    ("Bridges of Three Rivers", 32, 3, "books", ["travel", "new"], "Photographs from source to sea."),
    ("Evening Chess", 14.9, 20, "books", ["chess"], "Sixty short games, with room for notes."),
    ("The Patient Gardener", 21, 0, "books", ["nature"], "What to plant when there is no hurry."),
    ("Walking the Old Railway", 16, 9, "books", ["travel"], "Eleven day walks on lines that closed."),
    ("Cello Alone", 12, 15, "music", ["classical"], "Nine pieces for an evening at home."),
    ("Harbour Songs", 11.5, 6, "music", ["folk"], "Sung by those who know the ropes."),
    ("Night Trains", 13, 4, "music", ["jazz", "new"], "A quartet, recorded between two stations."),
    ("Slow Organ", 15, 2, "music", ["classical"], "Long notes in a large room."),
    ("Street Brass", 10, 18, "music", ["folk"], "Loud, and meant to be."),
    ("Island Traders", 39, 5, "games", ["family"], "Two to four players, ninety minutes."),
    ("Lighthouse", 27.5, 8, "games", ["together", "new"], "Keep the lamp burning until morning."),
    ("Nine Men's Morris", 19, 11, "games", ["classic"], "Beech board, eighteen stones."),
    ("Pocket Go", 34, 6, "games", ["classic"], "A folding board of nine by nine lines."),
    ("Weather or Not", 16.5, 14, "games", ["family"], "A quick card game about forecasts."),
    ("Blotting Paper, 50 Sheets", 4.2, 60, "stationery", ["paper"], "For fountain pens and second thoughts."),
    ("Brass Ruler", 9.8, 25, "stationery", ["desk"], "Fifteen centimetres, engraved."),
    ("Dotted Notebook", 12.5, 40, "stationery", ["paper", "new"], "One hundred and sixty numbered pages."),
    ("Fountain Pen, Fine", 48, 9, "stationery", ["desk"], "Steel nib, refilled from a bottle."),
    ("Ink, Deep Green", 11, 16, "stationery", ["desk"], "Fifty millilitres, slow to fade."),
    ("Pencils, Set of 12", 14, 30, "stationery", ["desk"], "From 4H to 6B."),
]


def products() -> dict[str, Product]:
    """The samples by name, each a new row."""
    names = ("name", "price", "stock", "category", "tags", "description")
    return {sample[0]: Product(**dict(zip(names, sample, strict=True))) for sample in _SAMPLES}
