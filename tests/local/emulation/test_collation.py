"""Comparison of texts by MariaDB's utf8mb4_general_ci."""

from __future__ import annotations

import pytest

from django_appwrite_orm.local.emulation.collation import after_prefix, fold, sort_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Straße", "STRASE"),
        ("crème BRÛLÉE", "Creme brulee"),
        ("Ελλάς", "ελλασ"),
        ("ёлка", "ЕЛКА"),
        ("İı", "ii"),
        ("\u1ea5", "a"),  # a with circumflex and acute
        ("😀", "🍣"),
        ("\u00b5", "\u03bc"),  # micro sign, mu
        ("\uff41", "\uff21"),  # fullwidth a
        ("tail  ", "TAIL"),
        ("", "   "),
    ],
)
def test_texts_that_are_equal(one: str, other: str) -> None:
    assert sort_key(one) == sort_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ß", "ss"),
        ("æ", "ae"),
        ("ł", "l"),
        ("й", "и"),
        ("\u3071", "\u306f"),  # pa, ha
        ("\u306f", "\u30cf"),  # hiragana, katakana
        ("\uff41", "a"),
        ("e\u0301", "é"),  # decomposed, composed
        ("\u0622", "\u0627"),  # alef with madda
        (" a", "a"),
        ("\u2126", "\u03c9"),  # ohm sign
        ("ð", "d"),
    ],
)
def test_texts_that_differ(one: str, other: str) -> None:
    assert sort_key(one) != sort_key(other)


def test_order_is_by_weight() -> None:
    words = ["~", "_", "[", "zebra 2", "Zebra", "strasse", "apple", "9", "10", "-dash", " space", ""]
    assert sorted(words, key=sort_key) == list(reversed(words))


def test_patterns_count_trailing_spaces() -> None:
    assert fold("tail ") == "TAIL "


@pytest.mark.parametrize("prefix", ["a", "name 9", "\ufffd", "\ud7ff", "\uffff", "a\uffff"])
def test_after_prefix_is_above_every_text_with_the_prefix(prefix: str) -> None:
    end = after_prefix(prefix)
    for rest in ("", "a", "\uffff", "zzz"):
        assert end is None or prefix + rest < end
    assert end is None or end.encode()  # not half a surrogate


def test_folding_twice_changes_nothing() -> None:
    everything = "".join(chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000)
    assert fold(fold(everything)) == fold(everything)
