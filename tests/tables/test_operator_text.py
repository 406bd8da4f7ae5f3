"""Text that Appwrite would run as an operator in an update is never sent in one."""

from __future__ import annotations

import json
import sys

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from django_appwrite_orm import Operator, Table, columns
from django_appwrite_orm.tables.validation import OPERATORS, looks_like_operator
from tests.support.costs import counted
from tests.support.library.tables import Everything


class Note(Table):
    text = columns.LongText()
    lines = columns.String(size=5000, array=True)


def _saved(**values: object) -> Note:
    return Note.from_appwrite({"$id": "n", "text": "old", "lines": [], **values}, "default")


SHAPES = [
    '{"method":"increment","values":[1]}',
    ' \t\r\n{ "method" : "toggle" ,\n "values" : [ ] } \n',
    '{"values":[1],"more":{"a":[1]},"method":"multiply"}',
    '{"\\u006dethod":"stringConcat","values":["x"]}',
    '{"method":"\\u0069ncrement","values":[1]}',
    '{"\\u006d\\u0065\\u0074\\u0068\\u006f\\u0064":"dateSetNow"}',
    '{"method":"none","method":"increment","values":[1]}',
    '{"method":"increment","values":5}',
    '{"method":"increment","values":[' + "9" * 5000 + "]}",
    '{"method":"increment","values":[1e999]}',
]
HARMLESS = [
    '{"method":"squareRoot","values":[1]}',
    '{"method":"Increment","values":[1]}',
    '{"method":5,"values":[5]}',
    '{"values":[5]}',
    '{"method":"increment","values":[5]',
    '[{"method":"increment","values":[1]}]',
    '"{\\"method\\":\\"increment\\"}"',
    '{"outer":{"method":"increment","values":[1]}}',
    "method increment",
    '{"method": null}',
    "\\u",
]


@pytest.mark.parametrize("text", SHAPES)
def test_an_update_refuses_text_in_the_form_of_an_operator(text: str) -> None:
    row = _saved()
    row.text = text
    row.lines = ["fine", text]
    with pytest.raises(ValidationError) as caught:
        row._changes()
    assert set(caught.value.message_dict) == {"text", "lines"}
    assert "would execute it instead of storing it" in caught.value.message_dict["text"][0]


@pytest.mark.parametrize("text", HARMLESS)
def test_similar_text_that_appwrite_does_not_run_is_accepted(text: str) -> None:
    row = _saved()
    row.text = text
    assert row._changes() == {"text": text}


def test_a_create_stores_text_in_the_form_of_an_operator() -> None:
    assert Note(text=SHAPES[0])._new_data() == {"text": SHAPES[0]}


def test_a_row_with_such_text_can_be_saved_with_other_changes() -> None:
    row = _saved(text=SHAPES[0])
    assert row.text == SHAPES[0]
    row.lines = ["x"]
    assert row._changes() == {"lines": ["x"]}


@pytest.mark.parametrize("method", sorted(OPERATORS))
def test_every_operator_is_recognised(method: str) -> None:
    assert looks_like_operator(json.dumps({"method": method, "values": []}))


def test_operators_written_by_the_sdk_are_recognised() -> None:
    written = {Operator.increment(), Operator.array_append(["x"]), Operator.date_set_now(), Operator.toggle()}
    assert all(looks_like_operator(text) for text in written)


def test_text_nested_too_deep_to_parse_counts_as_an_operator() -> None:
    deep = sys.getrecursionlimit() * 100
    assert looks_like_operator('{"method":"increment","values":' + "[" * deep + "]" * deep + "}")


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=3), st.booleans())
def test_any_object_with_the_method_of_an_operator_counts_as_one(rest: dict[str, object], ascii_only: bool) -> None:
    text = json.dumps({**rest, "method": "arrayAppend"}, ensure_ascii=ascii_only)
    assert looks_like_operator(text)


def test_save_and_update_refuse_it_without_a_request(library: None) -> None:
    row = Everything.objects.create(text="old")
    row.text = SHAPES[0]
    with counted() as costs:
        with pytest.raises(ValidationError):
            row.save()
        with pytest.raises(ValidationError):
            Everything.objects.filter(text="old").update(text=SHAPES[0])
    assert costs.requests == []
    assert Everything.objects.uncached().get(pk=row.id).text == "old"
