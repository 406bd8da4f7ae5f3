"""The first stock of the shop, invented: makers, tags, products, and what people say about them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from django.db import transaction

from shop.models import Maker, Product, Review, Tag

# Name, place, what they make.
MAKERS = [
    ("Alder & Finch", "Leeds", "A press of four people and two dogs. Books about weather, walking and patience."),
    ("Boxwood Games", "Ghent", "Board games of wood and cloth, each played a hundred times before it is sold."),
    ("Copperline", "Porto", "Pans and kettles, beaten by hand in a yard by the river."),
    ("Halfmoon Records", "Bergen", "Recordings in rooms with good walls, mostly after dark."),
    ("Marginalia", "Turin", "Paper, ink and what goes between them, since somebody needed a better notebook."),
    ("North Kiln", "Umeå", "Stoneware in three glazes: fog, moss and midnight."),
    ("Oddments", "Bristol", "Small series of whatever the workshop is curious about this month."),
    ("Tidewater Press", "Galway", "Cookery and travel, printed on the west coast with the windows open."),
]
TAGS = [
    "classic", "cooking", "desk", "family", "folk", "gift", "handmade", "jazz", "nature", "new", "quiet", "travel",
]  # fmt: skip

# By category and maker: name, price, stock, tags, attributes, description.
_Product = tuple[str, str, int, str, dict[str, object], str]
PRODUCTS: dict[tuple[str, str], list[_Product]] = {
    ("books", "Alder & Finch"): [
        ("A Field Guide to Clouds", "18.50", 12, "nature gift", {"pages": 184}, "Forty kinds of cloud, each drawn."),
        ("Evening Chess", "14.90", 20, "classic quiet", {"pages": 96}, "Sixty short games, with room for notes."),
        ("The Patient Gardener", "21.00", 0, "nature", {"pages": 212}, "What to plant when there is no hurry."),
        ("Walking the Old Railway", "16.00", 9, "travel nature", {"pages": 160}, "Eleven walks on closed lines."),
        ("Hedges and Their Birds", "19.00", 14, "nature quiet", {"pages": 144}, "Who nests where."),
        ("A Year of Fog", "23.50", 5, "nature new", {"pages": 128}, "Photographs of almost nothing, day by day."),
        ("Maps Without Roads", "34.00", 3, "travel gift", {"pages": 88}, "Islands, marshes and dunes at low tide."),
    ],
    ("books", "Tidewater Press"): [
        ("Bread for Beginners", "24.00", 7, "cooking gift", {"pages": 176}, "Six doughs, and what they turn into."),
        ("Bridges of Three Rivers", "32.00", 3, "travel new", {"pages": 140}, "Photographs from source to sea."),
        ("Soups by the Month", "22.00", 11, "cooking family", {"pages": 168}, "Twelve markets, sixty pots."),
        ("Salt, Smoke, Vinegar", "27.00", 6, "cooking", {"pages": 200}, "How to keep a summer until March."),
        ("The Ferry Timetable Cookbook", "19.50", 8, "cooking travel", {"pages": 120}, "Dishes by the minute."),
        ("Lighthouse Suppers", "21.50", 0, "cooking quiet", {"pages": 132}, "For two, with the tins that are there."),
    ],
    ("music", "Halfmoon Records"): [
        ("Cello Alone", "12.00", 15, "classic quiet", {"minutes": 51}, "Nine pieces for an evening at home."),
        ("Harbour Songs", "11.50", 6, "folk", {"minutes": 43}, "Sung by those who know the ropes."),
        ("Night Trains", "13.00", 4, "jazz new", {"minutes": 47}, "A quartet, recorded between two stations."),
        ("Slow Organ", "15.00", 2, "classic quiet", {"minutes": 68}, "Long notes in a large room."),
        ("Street Brass", "10.00", 18, "folk family", {"minutes": 38}, "Loud, and meant to be."),
        ("Blue Ladder", "14.00", 9, "jazz", {"minutes": 55}, "Piano, bass, and a drummer who listens."),
        ("Rain on Slate", "9.50", 22, "quiet nature", {"minutes": 60}, "An hour of one roof. That is all."),
        ("Fiddle and Fire", "12.50", 7, "folk new", {"minutes": 41}, "Dances from three villages."),
        ("Songs for a Kitchen", "11.00", 13, "family folk", {"minutes": 35}, "Short enough for the washing-up."),
        ("Winter Sextet", "16.00", 5, "classic gift", {"minutes": 62}, "Strings, recorded in a barn at five below."),
    ],
    ("games", "Boxwood Games"): [
        ("Island Traders", "39.00", 5, "family", {"players": "2 to 4"}, "Ninety minutes of wind and debt."),
        ("Lighthouse", "27.50", 8, "new quiet", {"players": "1 to 3"}, "Keep the lamp burning until morning."),
        ("Nine Men's Morris", "19.00", 11, "classic handmade", {"players": "2"}, "Beech board, eighteen stones."),
        ("Pocket Go", "34.00", 6, "classic travel", {"players": "2"}, "A folding board of nine by nine lines."),
        ("Weather or Not", "16.50", 14, "family", {"players": "3 to 6"}, "A quick card game about forecasts."),
        ("Beekeepers", "31.00", 7, "nature family", {"players": "2 to 5"}, "Share the meadow, or do not."),
        ("Solitaire in Walnut", "42.00", 4, "handmade quiet", {"players": "1"}, "Thirty-two pegs and a deep groove."),
        ("The Long Table", "36.00", 0, "family gift", {"players": "4 to 8"}, "Seat the guests so that nobody leaves."),
        ("Tiny Dominoes", "12.00", 26, "classic travel", {"players": "2 to 4"}, "Fits where the keys are."),
    ],
    ("stationery", "Marginalia"): [
        ("Blotting Paper, 50 Sheets", "4.20", 60, "desk", {"format": "A5"}, "For fountain pens and second thoughts."),
        ("Brass Ruler", "9.80", 25, "desk handmade", {"length": "15 cm"}, "Engraved, not printed."),
        ("Dotted Notebook", "12.50", 40, "desk new", {"pages": 160, "format": "A5"}, "Numbered pages that lie flat."),
        ("Fountain Pen, Fine", "48.00", 9, "desk gift", {"nib": "steel"}, "Refilled from a bottle."),
        ("Ink, Deep Green", "11.00", 16, "desk", {"volume": "50 ml"}, "Slow to fade."),
        ("Ink, Iron Black", "11.00", 19, "desk classic", {"volume": "50 ml"}, "Grows darker for a week."),
        ("Pencils, Set of 12", "14.00", 30, "desk gift", {"grades": "4H to 6B"}, "In a tin that shuts."),
        ("Letter Paper, Deckled", "17.00", 12, "gift quiet", {"sheets": 40}, "With twenty envelopes."),
        ("Pocket Ledger", "8.00", 33, "travel desk", {"pages": 96, "format": "A6"}, "Two columns: in and out."),
        ("Sealing Wax", "7.50", 21, "gift classic", {"colour": "oxblood"}, "Four sticks and a wick."),
        ("Desk Calendar, Perpetual", "29.00", 6, "desk gift", {"material": "maple"}, "Two cubes and a bar."),
    ],
    ("kitchen", "Copperline"): [
        ("Sauté Pan", "119.00", 4, "cooking handmade", {"diameter": "24 cm"}, "Tinned copper, iron handle."),
        ("Kettle", "86.00", 3, "cooking gift", {"volume": "1.5 l"}, "Whistles a minor third."),
        ("Jam Pan", "145.00", 2, "cooking handmade", {"diameter": "38 cm"}, "For fruit, and for nothing else."),
        ("Egg Bowl", "64.00", 0, "cooking classic", {"volume": "2 l"}, "Round below, so that nothing hides."),
        ("Ladle", "28.00", 15, "cooking", {"length": "31 cm"}, "Holds exactly one bowl of soup."),
    ],
    ("kitchen", "North Kiln"): [
        ("Soup Bowl, Fog", "19.00", 24, "handmade quiet", {"volume": "0.5 l"}, "Grey as a morning in October."),
        ("Soup Bowl, Moss", "19.00", 17, "handmade nature", {"volume": "0.5 l"}, "Green where the glaze ran."),
        ("Teapot, Midnight", "58.00", 5, "handmade gift", {"volume": "0.9 l"}, "Pours without a drop on the cloth."),
        ("Butter Dish", "26.00", 9, "handmade family", {"for": "250 g"}, "With a lid that lifts in one hand."),
        ("Mug, Second Choice", "9.00", 41, "handmade", {"volume": "0.3 l"}, "A little crooked, and honest about it."),
        ("Oil Bottle", "23.00", 8, "cooking handmade", {"volume": "0.4 l"}, "Its stopper is a cork, as it should be."),
    ],
    ("games", "Oddments"): [
        ("Marble Run, Flat", "24.50", 6, "family handmade", {"parts": 31}, "Magnets, and a cupboard door."),
        ("Paper Kite", "15.00", 18, "family travel", {"span": "90 cm"}, "Flies at two, sulks at six."),
        ("Spinning Tops, Five", "13.00", 12, "classic gift", {"wood": "pear"}, "The small one wins."),
    ],
    ("stationery", "Oddments"): [
        ("Pinhole Camera", "33.00", 7, "new handmade", {"film": "120"}, "A box, a hole, and time."),
        ("Pocket Sundial", "21.00", 10, "travel gift", {"latitude": "40 to 60"}, "Right whenever it works at all."),
    ],
}  # fmt: skip

AUTHORS = [
    "Ada", "Bruno", "Chidi", "Dagny", "Elif", "Farah", "Goran", "Hana", "Ingrid", "Jonas", "Kofi", "Lena", "Mateo",
    "Nora", "Oskar", "Priya", "Quentin", "Ruth", "Sami", "Tove", "Ulla", "Vikram", "Wren", "Xenia", "Yusuf", "Zofia",
]  # fmt: skip
# By category: rating and text. A product gets the next few of its category.
OPINIONS: dict[str, list[tuple[int, str]]] = {
    "books": [
        (5, "Read in one evening, and then again more slowly."),
        (4, "Beautiful paper. One chapter is too short."),
        (3, "Pleasant, but I knew half of it already."),
        (5, "The drawings alone are worth it."),
        (2, "I had hoped for more facts and fewer feelings."),
        (4, "A present that was not put aside."),
        (5, "It has lain open on the table for a week."),
    ],
    "music": [
        (5, "My neighbours have asked for the title."),
        (4, "Side two is the one to keep."),
        (3, "Good for cooking, too quiet for the bus."),
        (5, "You can hear the room."),
        (1, "The last piece ends in the middle. Is that meant?"),
        (4, "Recorded so closely that one breathes along."),
    ],
    "games": [
        (5, "We missed the last tram because of it."),
        (4, "Rules that fit on one page, thank you."),
        (2, "Our youngest found the trick within ten minutes."),
        (5, "The pieces feel as good as they look."),
        (3, "Better with three than with two."),
        (4, "It travels well and survives a spilled tea."),
        (5, "The first game that my father asked to repeat."),
    ],
    "stationery": [
        (5, "No ink comes through. None."),
        (4, "Smells of a workshop, in a good way."),
        (3, "Fine, though smaller than I had thought."),
        (5, "I write letters again."),
        (2, "The lid came scratched."),
        (4, "Exactly what the desk was missing."),
    ],
    "kitchen": [
        (5, "Heavy, even, and here to stay."),
        (4, "Takes some polishing, gives it back every day."),
        (5, "The one that everybody reaches for."),
        (3, "Lovely, but not for our small stove."),
        (4, "No two are alike, which I like."),
        (1, "Mine arrived in four parts."),
    ],
}


@transaction.atomic
def load() -> int:
    """Write all of it, or nothing, so that an interrupted load leaves no half of a shop. Returns how many rows."""
    makers = {name: Maker(name=name, place=place, about=about) for name, place, about in MAKERS}
    tags = {name: Tag(name=name) for name in TAGS}
    products, tagged = [], []
    for (category, maker), samples in PRODUCTS.items():
        for name, price, stock, names, attributes, description in samples:
            product = Product(
                name=name,
                maker=makers[maker],
                category=category,
                price=Decimal(price),
                stock=stock,
                attributes=attributes,
                description=description,
            )
            products.append(product)
            tagged += [Product.tags.through(product=product, tag=tags[tag]) for tag in names.split()]
    Maker.objects.bulk_create(makers.values())
    Tag.objects.bulk_create(tags.values())
    Product.objects.bulk_create(products)
    Product.tags.through.objects.bulk_create(tagged)
    reviews = Review.objects.bulk_create(_reviews(products))
    return len(makers) + len(tags) + len(products) + len(tagged) + len(reviews)


def _reviews(products: list[Product]) -> Iterator[Review]:
    """One to four of each product: each next opinion of its category, each next author."""
    positions = dict.fromkeys(OPINIONS, 0)
    author = 0
    for number, product in enumerate(products):
        opinions = OPINIONS[product.category]
        for _ in range(number % 4 + 1):
            rating, text = opinions[positions[product.category] % len(opinions)]
            yield Review(product=product, author=AUTHORS[author % len(AUTHORS)], rating=rating, text=text)
            positions[product.category] += 1
            author += 1
