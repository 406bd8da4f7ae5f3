"""Texts that give access: API keys, tokens, passwords. They must not reach logs, error pages or error trackers."""

from __future__ import annotations

import hmac
import re
from typing import Any, NoReturn, Self, overload

from .tracebacks import chain

HIDDEN = "[hidden]"
_USERINFO = re.compile(r"(?<=://)[^\s/]*@")
_QUOTED = re.compile(r"(Port could not be cast to integer value as ).*", re.DOTALL)


class Secret:
    """A text that is hidden in `repr()`, `str()` and `format()`; `reveal()` returns it.

    Debug pages and error trackers show the local variables of every frame of a traceback. So a secret stays in this
    form until the bytes of the request are made. Equal to another `Secret`, or a text, with the same content.
    Cannot be pickled.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str | Secret) -> None:
        self._text: str = text.reveal() if isinstance(text, Secret) else text

    @overload
    @classmethod
    def of(cls, text: None) -> None: ...

    @overload
    @classmethod
    def of(cls, text: str | Secret) -> Self: ...

    @classmethod
    def of(cls, text: str | Secret | None) -> Self | None:
        """The secret with this text; None for None."""
        return None if text is None else cls(text)

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return HIDDEN

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (Secret, str)):
            return NotImplemented
        text = other.reveal() if isinstance(other, Secret) else other
        return hmac.compare_digest(self._text.encode("utf-8", "replace"), text.encode("utf-8", "replace"))

    def __hash__(self) -> int:
        return hash(self._text)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: Any) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("A secret cannot be pickled.")


def masked(text: object) -> str:
    """`text` without the names and passwords of the URLs in it, nor the part that the parser of a URL quotes: for the
    errors of other libraries."""
    return _QUOTED.sub(rf"\1{HIDDEN}", _USERINFO.sub(f"{HIDDEN}@", str(text)))


def revealed(text: str | Secret) -> str:
    """The text itself, whether it is a secret or not."""
    return text.reveal() if isinstance(text, Secret) else text


def without_frames(error: BaseException, outside: BaseException | None) -> BaseException:
    """`error` without the frames that it, its causes and its contexts passed through: they hold requests in bytes.

    `outside` is the exception that was being handled when the work began: it, and what led to it, is left as it is.
    """
    for one in chain(error, outside):
        one.__traceback__ = None
    return error
