"""Columns of text. Sizes of strings count characters (code points), those of the text kinds count bytes."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Any, ClassVar

from django.core.exceptions import ValidationError

from ...exceptions import ConfigurationError
from .base import Column
from .formats import check_email, check_ip, check_url

# From this size on Appwrite keeps a string outside the row.
_OUTSIDE = 16_383


def _member_text(value: Any) -> Any:
    """The text of an enum's member; anything else as it is."""
    return str(value.value) if isinstance(value, enum.Enum) else value


def _bytes_in_row(size: int) -> int:
    """Four bytes a character and the length before them."""
    return 4 * size + (1 if size <= 255 else 2)


class _Text(Column):
    """Any text; what cannot be stored by some database under Appwrite is refused here."""

    type_name = "string"
    is_text = True

    def clean_one(self, value: Any) -> Any:
        if not isinstance(value, str):
            raise ValidationError(f"Expected text, not {type(value).__name__}.", code="invalid")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValidationError("Text with half a surrogate pair cannot be stored.", code="invalid") from None
        if "\0" in value:
            raise ValidationError("Text with a NUL character cannot be stored.", code="invalid")
        return value

    def coerce(self, value: Any) -> Any:
        """Text, or a number or id as text; its size and form do not matter to a filter."""
        value = _member_text(value)
        if value is None or isinstance(value, (bytes, list, tuple, dict, set)):
            raise ValidationError(f"Expected text, not {type(value).__name__}.", code="invalid")
        return _Text.clean_one(self, str(value))

    def encode(self, value: Any) -> Any:
        return _member_text(value)


class Varchar(_Text):
    """Text of at most `size` characters, 1 to 16,381."""

    kind = type_name = "varchar"
    largest: ClassVar[int] = 16_381

    def __init__(self, *, size: int = 255, **common: Any) -> None:
        super().__init__(**common)
        if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= self.largest:
            name = type(self).__name__
            raise ConfigurationError(f"{name}: size must be a whole number from 1 to {self.largest:,}, not {size!r}.")
        self.size = size

    def clean_one(self, value: Any) -> Any:
        super().clean_one(value)
        if len(value) > self.size:
            raise ValidationError(f"At most {self.size} characters, not {len(value)}.", code="max_length")
        return value

    def options(self) -> dict[str, Any]:
        return {"size": self.size}

    @property
    def value_bytes(self) -> int:
        return 20 if self.size >= _OUTSIDE else _bytes_in_row(self.size)

    @property
    def index_length(self) -> int:
        return self.size


class String(Varchar):
    """The everyday text column, of at most `size` characters (255 unless told)."""

    kind = type_name = "string"
    largest = 1_073_741_824


class Text(_Text):
    """Long text, up to 65,535 bytes of UTF-8. An index on it needs a length."""

    kind = type_name = "text"
    largest: ClassVar[int] = 65_535

    def clean_one(self, value: Any) -> Any:
        super().clean_one(value)
        if (size := len(value.encode())) > self.largest:
            raise ValidationError(f"At most {self.largest} bytes, not {size}.", code="max_length")
        return value

    @property
    def value_bytes(self) -> int:
        return 20

    @property
    def index_length(self) -> int:
        return self.largest


class MediumText(Text):
    """Long text, up to 16,777,215 bytes of UTF-8."""

    kind = type_name = "mediumtext"
    largest = 16_777_215


class LongText(Text):
    """Long text, up to 4,294,967,295 bytes of UTF-8."""

    kind = type_name = "longtext"
    largest = 4_294_967_295


class _Formatted(_Text):
    """Text that the server checks for a form; its size is fixed."""

    size: ClassVar[int]

    def options(self) -> dict[str, Any]:
        return {"format": self.kind}

    @property
    def value_bytes(self) -> int:
        return _bytes_in_row(self.size)

    @property
    def index_length(self) -> int:
        return self.size

    def clean_one(self, value: Any) -> Any:
        super().clean_one(value)
        if len(value) > self.size:
            raise ValidationError(f"At most {self.size} characters, not {len(value)}.", code="max_length")
        self.check_form(value)
        return value

    def check_form(self, value: str) -> None:
        raise NotImplementedError


class Email(_Formatted):
    """An email address in ASCII, its domain with a dot: `localhost` is refused, as Appwrite does."""

    kind = "email"
    size = 254

    def check_form(self, value: str) -> None:
        check_email(value)


class URL(_Formatted):
    """An absolute URL in ASCII, of any scheme but those that run as scripts (`javascript:` and the like)."""

    kind = "url"
    size = 2000

    def check_form(self, value: str) -> None:
        check_url(value)


class IP(_Formatted):
    """An IPv4 or IPv6 address, kept as it was written."""

    kind = "ip"
    size = 39

    def check_form(self, value: str) -> None:
        check_ip(value)


class Enum(_Formatted):
    """One of `elements`: up to 100 texts of 1 to 255 characters, or an `enum.Enum` (the texts of its values).

    A value may be a member or a text; case matters. What comes back from Appwrite is the text.
    """

    kind = "enum"
    size = 255

    def __init__(self, elements: Iterable[Any], **common: Any) -> None:
        super().__init__(**common)
        if isinstance(elements, str) or not isinstance(elements, Iterable):
            raise ConfigurationError(f"Enum: elements must be a list of texts, not {elements!r}.")
        self.elements = [_member_text(element) for element in elements]
        if not 1 <= len(self.elements) <= 100:
            raise ConfigurationError(f"Enum: needs 1 to 100 elements, not {len(self.elements)}.")
        for element in self.elements:
            if not isinstance(element, str) or not 1 <= len(element) <= 255:
                raise ConfigurationError(f"Enum: an element must be a text of 1 to 255 characters, not {element!r}.")
        if len(set(self.elements)) < len(self.elements):
            raise ConfigurationError("Enum: an element stands in the list twice.")

    def options(self) -> dict[str, Any]:
        return {"format": "enum", "elements": self.elements}

    def clean_one(self, value: Any) -> Any:
        return super().clean_one(_member_text(value))

    def check_form(self, value: str) -> None:
        if value not in self.elements:
            raise ValidationError(f"{value!r} is not one of: {', '.join(self.elements)}.", code="invalid_choice")
