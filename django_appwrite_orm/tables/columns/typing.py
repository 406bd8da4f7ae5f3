"""Types of columns for type checkers, without a plugin.

`product.price` is a `float` where the column is required, a `float | None` where it is not, and a `list[float]` where
it is an array. Each class repeats the same three overloads of `__init__`, because mypy and pyright do not take a `self`
type from a base class.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    Value = TypeVar("Value", default=Any)
else:  # before Python 3.13 only type checkers have defaults of type variables
    from typing import TypeVar

    Value = TypeVar("Value")

Yes = Literal[True]
No = Literal[False]


class Common(TypedDict, total=False):
    """The options of all columns: see `Column`."""

    default: Any
    db_default: Any
    column: str | None
    renamed_from: str | None
    convert: Callable[[Any], Any] | None


class TextOptions(Common, total=False):
    """The additional options of text."""

    encrypt: bool
