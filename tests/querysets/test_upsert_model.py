"""Generated batches of new rows, some of them there already, against a dictionary that does the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from django_appwrite_orm import Table, UniqueIndex, columns
from django_appwrite_orm.exceptions import IntegrityError
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import migrate


class Tag(Table):
    word = columns.String(size=10)
    weight = columns.Integer()
    note = columns.String(size=10)
    revision = columns.Version()

    class Meta:
        name = "tags"
        indexes = [UniqueIndex("word")]


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "A", "b", "ab", None]), st.none() | st.integers(0, 9), st.sampled_from(["x", "y", None])
    ),
    min_size=1,
    max_size=6,
)
# What to do about conflicts, and the rows.
BATCHES = st.lists(st.tuples(st.sampled_from(["refuse", "ignore", "weight", "both"]), ROWS), max_size=4)
FIELDS = {"weight": ["weight"], "both": ["weight", "note"]}

Stored = dict[object, list]


def written(stored: Stored, action: str, rows: list[tuple]) -> Stored | None:
    """The table afterwards, by the word as the database compares it; None when the batch is refused. A null is like
    no other one."""
    after = {key: list(row) for key, row in stored.items()}
    for word, weight, note in rows:
        key = (len(after), "null") if word is None else word.lower()
        if key not in after:
            after[key] = [word, weight, note, 1]
        elif action == "refuse":
            return None
        elif action != "ignore":
            there = after[key]
            after[key] = [there[0], weight, note if action == "both" else there[2], there[3] + 1]
    return after


def spelt_alike(rows: list[tuple]) -> list[tuple]:
    """In what order a batch writes rows that are the same to the database alone is not promised."""
    spelling: dict[str, str] = {}
    return [(word and spelling.setdefault(word.lower(), word), *rest) for word, *rest in rows]


@pytest.fixture
def tags() -> None:
    run_sync(migrate([Tag]))


@limits(max_examples=60, database=None)
@given(batches=BATCHES)
def test_upserts_agree_with_a_model_in_python(tags: None, batches: list[tuple[str, list[tuple]]]) -> None:
    Tag.objects.all().delete()
    stored: Stored = {}
    for action, generated in batches:
        rows = spelt_alike(generated)
        new = [Tag(word=word, weight=weight, note=note) for word, weight, note in rows]
        expected = written(stored, action, rows)
        if expected is None:
            with pytest.raises(IntegrityError):
                Tag.objects.bulk_create(new)
            continue
        options = {"update_conflicts": True, "update_fields": FIELDS.get(action, ()), "unique_fields": ["word"]}
        if action in ("refuse", "ignore"):
            options = {"ignore_conflicts": action == "ignore"}
        assert Tag.objects.bulk_create(new, **options) == new
        stored = expected
        found = [[tag.word, tag.weight, tag.note, tag.revision] for tag in Tag.objects.all()]
        assert sorted(found, key=repr) == sorted(stored.values(), key=repr)
        for tag in new:
            if tag.is_saved:
                assert Tag.objects.get(pk=tag.pk).word == tag.word
