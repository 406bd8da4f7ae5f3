"""Declared parameters: what a route takes, how a value is checked, what is assumed without one.

A validator takes the client's value and gives the value to work with, or raises ``ValueError`` with the reason.
Appwrite checks parameters in their declared order, before a handler runs; the first bad one wins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from .errors import AppwriteError, invalid_argument
from .identifiers import UNIQUE, is_identifier, unique_id
from .permissions import check_permissions
from .requests import read_json

Validator = Callable[[Any], Any]
_REQUIRED: Final = object()


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter. ``legacy`` is its name on the older routes; ``nullable`` lets an explicit null through."""

    name: str
    check: Validator
    default: Any = _REQUIRED
    nullable: bool = False
    legacy: str = ""

    @property
    def required(self) -> bool:
        return self.default is _REQUIRED

    def read(self, sent: Mapping[str, Any], legacy: bool) -> Any:
        """The checked value from what the client sent. Raises ``general_argument_invalid``."""
        name = self.legacy if legacy and self.legacy else self.name
        value = sent.get(name)
        if value is None and name in sent and self.nullable:
            return None
        if value is None:
            if self.required:
                raise AppwriteError("general_argument_invalid", f"Parameter `{name}` is needed.")
            if name in sent and isinstance(self.default, bool | int):
                raise invalid_argument(name, "leave it out instead of sending null")  # the server fails (observed)
            return self.default
        try:
            return self.check(value)
        except ValueError as problem:
            raise invalid_argument(name, str(problem)) from problem


def identifier(value: Any) -> str:
    """An id in a path or a body."""
    if not is_identifier(value):
        raise ValueError("an id has 1 to 36 of a-z, A-Z, 0-9, '.', '-', '_' and starts with a letter or digit")
    return str(value)


def new_identifier(value: Any) -> str:
    """An id for something new; ``unique()`` asks the server to make one."""
    return unique_id() if value == UNIQUE else identifier(value)


key = identifier  # column and index keys follow the rule of ids


def text(longest: int, shortest: int = 1) -> Validator:
    """A string of ``shortest`` to ``longest`` code points; ``longest`` 0 means no bound."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or len(value) < shortest or (longest and len(value) > longest):
            raise ValueError(f"expected a text of {shortest} to {longest or 'any number of'} characters")
        return value

    return check


def formatted(is_valid: Callable[[str], bool], name: str) -> Validator:
    """Return the check of a text in a format of this ``name``."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or not is_valid(value):
            raise ValueError(f"expected a valid {name}")
        return value

    return check


def boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("expected true or false")
    return value


def loose_boolean(value: Any) -> bool:
    """A boolean as query strings carry it. PHP then casts: the text "false" is true, only "0" is false."""
    if not isinstance(value, bool | int | str) or value not in (True, False, "true", "false", "1", "0"):
        raise ValueError("expected true, false, 1 or 0")
    return bool(value) and value != "0"


def integer(value: Any) -> int:
    """A whole 64-bit number as JSON writes it."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("expected a whole number of 64 bits")
    return value


def number(value: Any) -> float:
    """A JSON number; what PHP calls a float parameter also takes whole numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("expected a number")
    return value


def numeric(value: Any) -> int | float:
    """A number, also as text (PHP's is_numeric)."""
    if isinstance(value, str):
        try:
            if "_" in value:  # which Python would take
                raise ValueError
            value = int(value) if value.strip().lstrip("+-").isdecimal() else float(value)
        except ValueError:
            raise ValueError("expected a number") from None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) == float("inf"):
        raise ValueError("expected a number")
    return value


def whole_range(lowest: int, highest: int) -> Validator:
    """A whole number within bounds; digits in a string count (observed: size "10" is accepted)."""

    def check(value: Any) -> int:
        if isinstance(value, str) and value.isascii() and value.lstrip("-").isdigit() and len(value) < 20:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            raise ValueError(f"expected a whole number from {lowest} to {highest}")
        return value

    return check


def one_of(*allowed: str) -> Validator:
    def check(value: Any) -> str:
        if value not in allowed:
            raise ValueError(f"expected one of {', '.join(allowed)}")
        return str(value)

    return check


def list_of(item: Validator, most: int = 100) -> Validator:
    """A list of at most ``most`` items, each of which ``item`` accepts."""

    def check(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ValueError("expected a list")
        if len(value) > most:
            raise ValueError(f"expected at most {most} items")
        return [item(entry) for entry in value]

    return check


def json_object(value: Any) -> dict[str, Any]:
    """An object, a JSON text of one, or a list (PHP's arrays are both, so its keys are numbers)."""
    if isinstance(value, str):
        try:
            value = read_json(value)
        except AppwriteError:
            raise ValueError("expected an object") from None
    if isinstance(value, list):
        return {str(position): item for position, item in enumerate(value)}
    if not isinstance(value, dict):
        raise ValueError("expected an object")
    return value


def plain_object(value: Any) -> dict[str, Any]:
    """An object inside a list; text is refused there (observed)."""
    if not isinstance(value, dict):
        raise ValueError("expected an object")
    return value


def permissions(*allowed: str) -> Validator:
    """A list of permission strings with only the ``allowed`` verbs, aggregates spelled out."""

    def check(value: Any) -> list[str]:
        return check_permissions(value, allowed)

    return check


queries = list_of(text(4096))
QUERIES: Final = Param("queries", queries, default=())
TRANSACTION: Final = Param("transactionId", identifier, default=None, nullable=True)
