"""Decode query strings and bodies as PHP does."""

from __future__ import annotations

from typing import Any

import pytest

from django_appwrite_orm.local.api.errors import AppwriteError
from django_appwrite_orm.local.api.requests import MAX_BODY, read_json, read_request

JSON = {"content-type": "application/json; charset=utf-8"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("a=1&b=x+y&b=z", {"a": "1", "b": "z"}),
        ("q[]=a&q[]=b", {"q": ["a", "b"]}),
        ("q[1]=b&q[0]=a", {"q": ["b", "a"]}),
        ("q[k]=a", {"q": ["a"]}),
        ("q[0][0]=a", {"q": [["a"]]}),
        ("q%5B0%5D=%7B%7D", {"q": ["{}"]}),
        ("a=", {"a": ""}),
        ("q" + "[a]" * 100 + "=x", {}),
        ("q" + "[a]" * 1_000 + "=x", {}),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_query_strings_are_decoded_as_php_does(query: str, expected: dict[str, Any]) -> None:
    assert read_request("GET", "/v1/x?" + query, {}, b"").params == expected


def test_only_get_reads_the_query_string() -> None:
    request = read_request("DELETE", "/v1/x?queries[]=a&project=p", JSON, b'{"b": 1}')
    assert (request.params, request.query["project"]) == ({"b": 1}, "p")


def test_bodies_are_decoded_by_their_content_type() -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert read_request("POST", "/", form, b"a=1&b[]=2").params == {"a": "1", "b": ["2"]}
    assert read_request("POST", "/", {}, b'{"a": 1}').params == {}
    assert read_request("POST", "/", JSON, b"[1]").params == {}
    assert read_request("POST", "/", JSON, b"").params == {}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nope",
        b"NaN",
        b'{"a": Infinity}',
        b'"\\ud800"',
        b"\xff",
        b"[" * 100_000,
        b"9" * 5_000 + b"x",
        b'{"a":1}]',
        b"1e400",
        b"9" * 400,
    ],
    ids=lambda body: repr(body[:12]),
)
def test_broken_json_is_refused(body: bytes) -> None:
    with pytest.raises(AppwriteError) as refusal:
        read_request("POST", "/", JSON, body)
    assert refusal.value.type == "general_bad_request"


def test_a_body_that_is_too_large_is_refused() -> None:
    with pytest.raises(AppwriteError) as refusal:
        read_request("POST", "/", JSON, b" " * (MAX_BODY + 1))
    assert refusal.value.status == 413


@pytest.mark.parametrize(
    ("text", "expected"),
    [("9223372036854775807", 2**63 - 1), ("-9223372036854775808", -(2**63)), ("9223372036854775808", float(2**63))],
)
def test_whole_numbers_beyond_64_bits_become_floats(text: str, expected: float) -> None:
    params = read_json(text)
    assert params == expected
    assert type(params) is type(expected)


def test_too_many_parameters_are_refused() -> None:
    with pytest.raises(AppwriteError):
        read_request("GET", "/v1/x?" + "a=1&" * 2_000, {}, b"")
