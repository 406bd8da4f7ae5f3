"""Parameters of routes: their name, the check of their value, their default.

A validator takes the client's value and returns the value to use, or raises ``ValueError`` with the reason.
Appwrite checks parameters in their declared order, before a handler runs, and answers with the first error.
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
    """One parameter.

    - ``legacy``: its name on the older routes.
    - ``nullable``: whether an explicit null is passed on instead of the default.
    """

    name: str
    check: Validator
    default: Any = _REQUIRED
    nullable: bool = False
    legacy: str = ""

    @property
    def required(self) -> bool:
        return self.default is _REQUIRED

    def read(self, sent: Mapping[str, Any], legacy: bool) -> Any:
        """Return the checked value of what the client sent. Raises ``general_argument_invalid``."""
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
    """Check an id in a path or a body."""
    if not is_identifier(value):
        raise ValueError("an id has 1 to 36 of a-z, A-Z, 0-9, '.', '-', '_' and starts with a letter or digit")
    return str(value)


def new_identifier(value: Any) -> str:
    """Check the id of something new; ``unique()`` makes the server create one."""
    return unique_id() if value == UNIQUE else identifier(value)


key = identifier  # keys of columns and indexes follow the same rule


def text(longest: int, shortest: int = 1) -> Validator:
    """Return the check of a string of ``shortest`` to ``longest`` code points; ``longest`` 0 means no limit."""

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
    """Check a boolean of a query string. PHP then casts it: the text "false" is true, only "0" is false."""
    if not isinstance(value, bool | int | str) or value not in (True, False, "true", "false", "1", "0"):
        raise ValueError("expected true, false, 1 or 0")
    return bool(value) and value != "0"


def integer(value: Any) -> int:
    """Check a 64-bit integer of JSON."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("expected a whole number of 64 bits")
    return value


def number(value: Any) -> float:
    """Check a JSON number; a parameter that PHP calls a float also takes integers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("expected a number")
    return value


def numeric(value: Any) -> int | float:
    """Check a number, also in a text (PHP's is_numeric)."""
    if isinstance(value, str):
        try:
            if "_" in value:  # Python accepts it, PHP does not
                raise ValueError
            value = int(value) if value.strip().lstrip("+-").isdecimal() else float(value)
        except ValueError:
            raise ValueError("expected a number") from None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) == float("inf"):
        raise ValueError("expected a number")
    return value


def whole_range(lowest: int, highest: int) -> Validator:
    """Return the check of an integer within limits; digits in a string count (observed: size "10" is accepted)."""

    def check(value: Any) -> int:
        if isinstance(value, str) and value.isascii() and value.lstrip("-").isdigit() and len(value) < 20:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            raise ValueError(f"expected a whole number from {lowest} to {highest}")
        return value

    return check


def one_of(*allowed: str) -> Validator:
    """Return the check of a text that is one of a few."""

    def check(value: Any) -> str:
        if value not in allowed:
            raise ValueError(f"expected one of {', '.join(allowed)}")
        return str(value)

    return check


def list_of(item: Validator, most: int = 100) -> Validator:
    """Return the check of a list of at most ``most`` items, each accepted by ``item``."""

    def check(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ValueError("expected a list")
        if len(value) > most:
            raise ValueError(f"expected at most {most} items")
        return [item(entry) for entry in value]

    return check


def json_object(value: Any) -> dict[str, Any]:
    """Check an object, a JSON text of one, or a list (PHP's arrays are both, so its keys are numbers)."""
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
    """Check an object inside a list; a text is refused there (observed)."""
    if not isinstance(value, dict):
        raise ValueError("expected an object")
    return value


def permissions(*allowed: str) -> Validator:
    """Return the check of a list of permission strings with the ``allowed`` verbs; aggregates are expanded."""

    def check(value: Any) -> list[str]:
        return check_permissions(value, allowed)

    return check


queries = list_of(text(4096))
QUERIES: Final = Param("queries", queries, default=())
TRANSACTION: Final = Param("transactionId", identifier, default=None, nullable=True)
