"""Sample columns and values of every kind of column that the local Appwrite has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class KindSample:
    """``parameters`` of a column, a value that it takes and one that it refuses.

    ``operators``: arguments for each operator that applies to the kind.
    """

    value: Any
    refused: Any
    parameters: dict[str, Any] = field(default_factory=dict)
    operators: dict[str, list[Any]] = field(default_factory=dict)


_TEXT_OPERATORS: dict[str, list[Any]] = {"stringConcat": ["y"], "stringReplace": ["t", "s"]}
_NUMBER_OPERATORS: dict[str, list[Any]] = {
    "increment": [1],
    "decrement": [1],
    "multiply": [1],
    "divide": [1],
    "modulo": [7],
    "power": [1],
}
KIND_SAMPLES: dict[str, KindSample] = {
    "string": KindSample("text", "x" * 11, {"size": 10}, _TEXT_OPERATORS),
    "varchar": KindSample("text", "x" * 11, {"size": 10}, _TEXT_OPERATORS),
    "text": KindSample("text", 1, {}, _TEXT_OPERATORS),
    "mediumtext": KindSample("text", 1, {}, _TEXT_OPERATORS),
    "longtext": KindSample("text", 1, {}, _TEXT_OPERATORS),
    "integer": KindSample(3, 6, {"min": 1, "max": 5}, _NUMBER_OPERATORS),
    "bigint": KindSample(2**62, 1.5),
    "float": KindSample(0.5, 2, {"max": 1}, _NUMBER_OPERATORS),
    "boolean": KindSample(True, "true", {}, {"toggle": []}),
    "datetime": KindSample(
        "2024-01-01T00:00:00.000+00:00", "soon", {}, {"dateAddDays": [1], "dateSubDays": [1], "dateSetNow": []}
    ),
    "email": KindSample("a@b.cd", "nope", {}, _TEXT_OPERATORS),
    "ip": KindSample("::1", "1.2.3", {}, _TEXT_OPERATORS),
    "url": KindSample("https://a.bc/d", "nope", {}, _TEXT_OPERATORS),
    "enum": KindSample("b", "c", {"elements": ["a", "b"]}, _TEXT_OPERATORS),
    "point": KindSample([1.5, 2], [1]),
    "line": KindSample([[0, 0], [1, 1]], [[0, 0]]),
    "polygon": KindSample([[[0, 0], [1, 0], [1, 1], [0, 0]]], [[0, 0]]),
}
