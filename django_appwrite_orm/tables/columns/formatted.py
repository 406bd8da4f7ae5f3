"""Columns of texts that have a form: the server checks it, and its size is fixed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Unpack, overload

from django.core.exceptions import ValidationError

from ...exceptions import ConfigurationError
from .formats import check_email, check_ip, check_url
from .texts import PlainText, bytes_in_row, member_text
from .typing import Common, No, Value, Yes


class _Formatted(PlainText[Value]):
    """Text that the server checks for a form; its size is fixed."""

    size: ClassVar[int]

    def options(self) -> dict[str, Any]:
        return {"format": self.kind}

    @property
    def value_bytes(self) -> int:
        return bytes_in_row(self.size)

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


class Email(_Formatted[Value]):
    """An email address in ASCII, its domain with a dot: `localhost` is refused, as Appwrite does."""

    kind = "email"
    size = 254

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Email[list[str]], *, array: Yes, required: bool = False, **common: Unpack[Common]
        ) -> None: ...
        @overload
        def __init__(self: Email[str], *, required: Yes, **options: Unpack[Common]) -> None: ...
        @overload
        def __init__(
            self: Email[str | None], *, array: No = False, required: No = False, **common: Unpack[Common]
        ) -> None: ...
        def __init__(self, **options: Any) -> None: ...

    def check_form(self, value: str) -> None:
        check_email(value)


class URL(_Formatted[Value]):
    """An absolute URL in ASCII, of any scheme but those that run as scripts (`javascript:` and the like)."""

    kind = "url"
    size = 2000

    if TYPE_CHECKING:

        @overload
        def __init__(self: URL[list[str]], *, array: Yes, required: bool = ..., **options: Unpack[Common]) -> None: ...
        @overload
        def __init__(self: URL[str], *, required: Yes, **options: Unpack[Common]) -> None: ...
        @overload
        def __init__(
            self: URL[str | None], *, array: No = False, required: No = False, **common: Unpack[Common]
        ) -> None: ...
        def __init__(self, **options: Any) -> None: ...

    def check_form(self, value: str) -> None:
        check_url(value)


class IP(_Formatted[Value]):
    """An IPv4 or IPv6 address, kept as it was written."""

    kind = "ip"
    size = 39

    if TYPE_CHECKING:

        @overload
        def __init__(self: IP[list[str]], *, array: Yes, required: bool = ..., **options: Unpack[Common]) -> None: ...
        @overload
        def __init__(self: IP[str], *, required: Yes, **options: Unpack[Common]) -> None: ...
        @overload
        def __init__(
            self: IP[str | None], *, array: No = False, required: No = False, **common: Unpack[Common]
        ) -> None: ...
        def __init__(self, **options: Any) -> None: ...

    def check_form(self, value: str) -> None:
        check_ip(value)


class Enum(_Formatted[Value]):
    """One of `elements`: up to 100 texts of 1 to 255 characters, or an `enum.Enum` (the texts of its values).

    A value may be a member or a text; case matters. What comes back from Appwrite is the text. As in Django, a row
    has `get_<name>_display()`: the label of a `TextChoices`, else the text.
    """

    kind = "enum"
    size = 255

    @overload
    def __init__(
        self: Enum[list[str]], elements: Iterable[Any], *, array: Yes, required: bool = False, **common: Unpack[Common]
    ) -> None: ...
    @overload
    def __init__(
        self: Enum[str], elements: Iterable[Any], *, array: No = False, required: Yes, **common: Unpack[Common]
    ) -> None: ...
    @overload
    def __init__(
        self: Enum[str | None],
        elements: Iterable[Any],
        *,
        array: No = False,
        required: No = False,
        **common: Unpack[Common],
    ) -> None: ...
    def __init__(self, elements: Iterable[Any] = (), **common: Any) -> None:
        super().__init__(**common)
        if isinstance(elements, str) or not isinstance(elements, Iterable):
            raise ConfigurationError(f"Enum: elements must be a list of texts, not {elements!r}.")
        members = list(elements)
        self.elements = [member_text(member) for member in members]
        # What people are shown: the labels of a Django TextChoices, else the texts.
        self.labels = {text: getattr(m, "label", text) for text, m in zip(self.elements, members, strict=True)}
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
        return super().clean_one(member_text(value))

    def check_form(self, value: str) -> None:
        if value not in self.elements:
            raise ValidationError(f"{value!r} is not one of: {', '.join(self.elements)}.", code="invalid_choice")
