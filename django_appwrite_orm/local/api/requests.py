"""Decode a target, headers and a body into parameters, as PHP does.

GET takes its parameters from the query string, every other method from the body alone (observed: a DELETE with
queries in its URL removes every row). Arrays in a query string are PHP's: ``a[]=1``, ``a[0]=1``, ``a[k]=1``.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from .errors import AppwriteError

MAX_BODY: Final = 64 * 1024 * 1024  # bytes, more than a row of ordinary columns has
_BRACKETS: Final = re.compile(r"\[([^\]]*)\]")
_INT64: Final = range(-(2**63), 2**63)
_MAX_PARAMETERS: Final = 1_000  # PHP's max_input_vars
_MAX_NAME: Final = 1_000  # of a parameter with brackets; parsing takes quadratic time
_MAX_ARRAY_DEPTH: Final = 64  # PHP's max_input_nesting_level


@dataclass(slots=True)
class Request:
    """One decoded request. ``path`` is not unquoted, ``params`` are not checked."""

    method: str
    path: str
    query: dict[str, Any]
    params: dict[str, Any]
    headers: Mapping[str, str]


def read_request(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Request:
    """Decode a request. Raises ``AppwriteError`` for a body that is too large or not readable."""
    path, _, text = target.partition("?")
    query = _query_params(text) if text else {}
    params = query if method in ("GET", "HEAD") else _body_params(headers.get("content-type", ""), body)
    return Request(method, path, query, params, headers)


def _query_params(text: str) -> dict[str, Any]:
    params: dict[str, Any] = {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=_MAX_PARAMETERS)
    except ValueError as problem:
        raise AppwriteError("general_bad_request", f"At most {_MAX_PARAMETERS} parameters.") from problem
    for name, value in pairs:
        head, bracket, _ = name.partition("[")
        if not bracket:
            params[name] = value
        elif len(name) > _MAX_NAME:
            continue
        elif len(keys := _BRACKETS.findall(name[len(head) :])) <= _MAX_ARRAY_DEPTH:
            _put(params, [head, *keys], value)
    return {name: _listed(value) for name, value in params.items()}


def _put(into: dict[str, Any], keys: list[str], value: str) -> None:
    *outer, last = keys
    for key in outer:
        inner = into.get(key) if key else None
        if not isinstance(inner, dict):
            inner = {}
            into[key or str(len(into))] = inner
        into = inner
    into[last or str(len(into))] = value


def _listed(value: Any) -> Any:
    """Return the values of a PHP array, which is a list and a map at once."""
    return [_listed(item) for item in value.values()] if isinstance(value, dict) else value


def _body_params(content_type: str, body: bytes) -> dict[str, Any]:
    if len(body) > MAX_BODY:
        raise AppwriteError("general_payload_too_large", f"A body may have at most {MAX_BODY} bytes.")
    if not body:
        return {}
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return _query_params(body.decode("utf-8", "replace"))
    if kind != "application/json":
        return {}
    value = read_json(body)
    return value if isinstance(value, dict) else {}


def read_json(text: bytes | str) -> Any:
    """Parse JSON as strictly as PHP: no NaN, no lone surrogates.

    Integers beyond 64 bits become floats. Numbers beyond a double, which PHP reads as infinite and no column holds, are
    refused too.

    Raises ``AppwriteError`` for anything else: broken JSON that counted as an empty body would let a damaged bulk
    delete remove the whole table.
    """
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        value = json.loads(text, parse_int=_integer, parse_float=_float, parse_constant=_refuse_constant)
        if "\\ud" in text or "\\uD" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as problem:
        raise AppwriteError("general_bad_request", "The body is not valid JSON.") from problem
    return value


def _integer(digits: str) -> int | float:
    if len(digits) < 19:
        return int(digits)
    if len(digits) > 20:
        return _float(digits)
    number = int(digits)
    return number if number in _INT64 else float(number)


def _float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(digits[:20])
    return number


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)
