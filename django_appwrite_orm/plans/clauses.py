"""Appwrite's query language as immutable values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import Any

# Bytes of a query in a URL besides its text: `&queries%5B10%5D=`.
NAME_BYTES = 18
# The maximum bytes of one character in a URL.
WIDEST = 12
# So many queries, each of so few characters, keep to all limits of Appwrite, whatever they contain: a value takes two
# characters with its comma.
_FEW = 20
_SHORT = 500

# The text that Appwrite's SDKs make of a query.
compact_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


class _TextCache:
    """The text of a clause, computed once: it is measured, put into the text of a plan, and sent.

    It is not a field, so that pickles do not have it.
    """

    __slots__ = ("_text",)
    _text: str


@dataclass(frozen=True, slots=True)
class Clause(_TextCache):
    """One Appwrite query: a filter, an order, a window or a selection.

    `values` holds JSON scalars or, for `and` and `or`, nested clauses. None means that the method takes no values:
    the server distinguishes that from an empty list.
    """

    method: str
    attribute: str | None = None
    values: tuple[Any, ...] | None = None

    @property
    def needs_reads(self) -> bool:
        """Whether something else has to be read before this can be sent."""
        return self.method in ("and", "or") and any(part.needs_reads for part in self.values or ())

    @property
    def is_short(self) -> bool:
        """Whether Appwrite accepts it as one query for its length alone; `fits` tells of longer ones."""
        return len(str(self)) <= _SHORT

    def as_dict(self) -> dict[str, Any]:
        query: dict[str, Any] = {"method": self.method}
        if self.attribute is not None:
            query["attribute"] = self.attribute
        if self.values is not None:
            query["values"] = [v.as_dict() if isinstance(v, Clause) else v for v in self.values]
        return query

    def __str__(self) -> str:
        """Return the JSON text that Appwrite reads (compact, as its SDKs write it)."""
        try:
            return self._text
        except AttributeError:
            text = self._json()
            object.__setattr__(self, "_text", text)
            return text

    def _json(self) -> str:
        """Return the same as `compact_json(self.as_dict())`, from the texts that the parts have already."""
        attribute = "" if self.attribute is None else f',"attribute":{_value_json(self.attribute)}'
        values = "" if self.values is None else f',"values":[{",".join(map(_value_json, self.values))}]'
        return f'{{"method":{encode_basestring(self.method)}{attribute}{values}}}'

    @classmethod
    def from_json(cls, text: str) -> Clause:
        """Parse the text that the SDK's `Query` makes. Raises ValueError for other text."""
        return cls._from_value(json.loads(text))

    @classmethod
    def _from_value(cls, value: Any) -> Clause:
        if not isinstance(value, dict) or not isinstance(value.get("method"), str):
            raise ValueError(f"Not an Appwrite query: {value!r}")
        values = value.get("values")
        if values is not None:
            if not isinstance(values, list):
                raise ValueError(f"'values' of an Appwrite query must be a list: {value!r}")
            nested = value["method"] in ("and", "or")
            values = tuple(cls._from_value(v) if nested else _frozen(v) for v in values)
        return cls(value["method"], value.get("attribute"), values)


def _value_json(value: Any) -> str:
    if isinstance(value, Clause):
        return str(value)
    kind = type(value)
    return encode_basestring(value) if kind is str else repr(value) if kind is int else compact_json(value)


def _frozen(value: Any) -> Any:
    """Turn lists inside values (spatial queries) into tuples, so that a plan stays hashable."""
    return tuple(_frozen(v) for v in value) if isinstance(value, list) else value


# The two constant conditions. They never reach the server: `conjunction`, `disjunction` and `negation` fold them.
EVERYTHING = Clause("everything")
NOTHING = Clause("nothing")


def surely_fit(clauses: Sequence[Clause], room: float) -> bool:
    """Return whether one request can have these queries, for their length alone; `split` tells of more or longer ones.

    In its URL they take at most `room` bytes if every character takes the most.
    """
    lengths = [len(str(clause)) for clause in clauses]
    width = sum(lengths) * WIDEST + len(lengths) * NAME_BYTES
    return len(lengths) <= _FEW and max(lengths, default=0) <= _SHORT and width <= room


def conjunction(clauses: Iterable[Clause]) -> Clause:
    """Return the condition that all of `clauses` hold.

    Appwrite requires at least two inside `and`: one is returned as it is, and none is EVERYTHING.
    """
    return _join("and", clauses, neutral=EVERYTHING, absorbing=NOTHING)


def disjunction(clauses: Iterable[Clause]) -> Clause:
    """Return the condition that one of `clauses` holds; without any it is NOTHING."""
    return _join("or", clauses, neutral=NOTHING, absorbing=EVERYTHING)


def _join(method: str, clauses: Iterable[Clause], *, neutral: Clause, absorbing: Clause) -> Clause:
    parts: list[Clause] = []
    for clause in clauses:
        if clause.method == absorbing.method:
            return absorbing
        if clause.method != neutral.method:
            parts += (clause.values or ()) if clause.method == method else (clause,)
    if len(parts) > 1:
        parts = list(dict.fromkeys(parts))
    if len(parts) < 2:
        return next(iter(parts), neutral)
    return Clause(method, values=tuple(parts))
