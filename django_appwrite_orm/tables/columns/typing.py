"""What type checkers are told of columns, so that `product.price` is a `float` where the column is required, a
`float | None` where it is not, and a `list[float]` where it is an array, without a plugin.

Each kind repeats the same three overloads of `__init__`: mypy and pyright take a `self` type from the class it
stands in alone, not from a base class.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    Value = TypeVar("Value", default=Any)
else:  # only type checkers know defaults of type variables before Python 3.13
    from typing import TypeVar

    Value = TypeVar("Value")

Yes = Literal[True]
No = Literal[False]


class Common(TypedDict, total=False):
    """The options that every kind takes: see `Column`."""

    default: Any
    db_default: Any
    column: str | None
    renamed_from: str | None
    convert: Callable[[Any], Any] | None


class TextOptions(Common, total=False):
    """Those that text takes besides."""

    encrypt: bool
