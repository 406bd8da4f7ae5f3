"""Columns of text. The sizes of strings count characters (code points), those of the text kinds bytes."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, ClassVar, Unpack, overload

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from ...exceptions import ConfigurationError
from ...plans.limits import ENCRYPTED_SIZE
from ..kinds import KINDS, POINTER_BYTES
from .base import Column
from .typing import No, TextOptions, Value, Yes

# From this size on Appwrite keeps a string outside the row.
_OUTSIDE = 16_382


def member_text(value: Any) -> Any:
    """Return the text of an enum's member; other values unchanged."""
    return str(value.value) if type(value) is not str and isinstance(value, enum.Enum) else value


def bytes_in_row(size: int) -> int:
    """Return four bytes for each character, and the one or two bytes of the length."""
    return 4 * size + (1 if size <= 255 else 2)


def too_many_characters(limit: int, length: int) -> ValidationError:
    """Return the error of a text of `length` characters."""
    message = ngettext_lazy(
        "At most %(limit)d character, not %(length)d.", "At most %(limit)d characters, not %(length)d.", "limit"
    )
    return ValidationError(message, code="max_length", params={"limit": limit, "length": length})


def _not_text(value: Any) -> ValidationError:
    return ValidationError(_("Expected text, not %(type)s."), code="invalid", params={"type": type(value).__name__})


class PlainText(Column[Value]):
    """Any text that each of the databases under Appwrite can store."""

    def clean_one(self, value: Any) -> Any:
        if not isinstance(value, str):
            raise _not_text(value)
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                message = _("Text with an unpaired surrogate cannot be stored.")
                raise ValidationError(message, code="invalid") from None
        if "\0" in value:
            raise ValidationError(_("Text with a NUL character cannot be stored."), code="invalid")
        return value

    def coerce(self, value: Any) -> Any:
        """Return a text, number or id as text; size and format do not apply to a filter."""
        value = member_text(value)
        if value is None or isinstance(value, (bytes, list, tuple, dict, set)):
            raise _not_text(value)
        return PlainText.clean_one(self, str(value))

    def encode(self, value: Any) -> Any:
        return member_text(value)


class Varchar(PlainText[Value]):
    """Text of at most `size` characters, 1 to 16,381.

    With `encrypt`, Appwrite encrypts it: it can be read and written, but not used in filters, orders and indexes.
    `size` must be at least 150 then.
    """

    kind = KINDS["varchar"]
    django_field: ClassVar[type[models.Field[Any, Any]]] = models.CharField

    @overload
    def __init__(
        self: Varchar[list[str]], *, array: Yes, required: bool = False, size: int = 255, **common: Unpack[TextOptions]
    ) -> None: ...
    @overload
    def __init__(
        self: Varchar[str], *, array: No = False, required: Yes, size: int = 255, **common: Unpack[TextOptions]
    ) -> None: ...
    @overload
    def __init__(
        self: Varchar[str | None],
        *,
        array: No = False,
        required: No = False,
        size: int = 255,
        **common: Unpack[TextOptions],
    ) -> None: ...
    def __init__(self, *, size: int = 255, encrypt: bool = False, **common: Any) -> None:
        super().__init__(**common)
        largest = self.kind.max_size or size  # relationships have none
        if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= largest:
            name = type(self).__name__
            raise ConfigurationError(f"{name}: size must be a whole number from 1 to {largest:,}, not {size!r}.")
        if encrypt and size < ENCRYPTED_SIZE:
            raise ConfigurationError(
                f"{type(self).__name__}: encrypted text needs a size of at least {ENCRYPTED_SIZE}, not {size}, because"
                " its encrypted form is longer."
            )
        self.size = size
        self.encrypted = encrypt

    def clean_one(self, value: Any) -> Any:
        super().clean_one(value)
        if len(value) > self.size:
            raise too_many_characters(self.size, len(value))
        return value

    def options(self) -> dict[str, Any]:
        return {"size": self.size, **({"encrypt": True} if self.encrypted else {})}

    def django_options(self) -> dict[str, Any]:
        return {"max_length": self.size} if issubclass(self.django_field, models.CharField) else {}

    @property
    def value_bytes(self) -> int:
        return POINTER_BYTES if self.size >= _OUTSIDE else bytes_in_row(self.size)

    @property
    def index_length(self) -> int:
        return self.size


class String(Varchar[Value]):
    """The usual text column, of at most `size` characters (255 by default); `encrypt` as for Varchar."""

    kind = KINDS["string"]

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: String[list[str]],
            *,
            array: Yes,
            required: bool = False,
            size: int = 255,
            **common: Unpack[TextOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: String[str], *, array: No = False, required: Yes, size: int = 255, **common: Unpack[TextOptions]
        ) -> None: ...
        @overload
        def __init__(
            self: String[str | None],
            *,
            array: No = False,
            required: No = False,
            size: int = 255,
            **common: Unpack[TextOptions],
        ) -> None: ...
        def __init__(self, **options: Any) -> None: ...


class Text(PlainText[Value]):
    """Long text, up to 65,535 bytes of UTF-8. An index on it needs a length. `encrypt` as for Varchar."""

    kind = KINDS["text"]
    django_field: ClassVar[type[models.Field[Any, Any]]] = models.TextField

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Text[list[str]], *, array: Yes, required: bool = False, **common: Unpack[TextOptions]
        ) -> None: ...
        @overload
        def __init__(self: Text[str], *, required: Yes, **options: Unpack[TextOptions]) -> None: ...
        @overload
        def __init__(
            self: Text[str | None], *, array: No = False, required: No = False, **common: Unpack[TextOptions]
        ) -> None: ...
        def __init__(self, **options: Any) -> None: ...

    else:

        def __init__(self, *, encrypt=False, **common):
            super().__init__(**common)
            self.encrypted = encrypt

    def options(self) -> dict[str, Any]:
        return {"encrypt": True} if self.encrypted else {}

    def clean_one(self, value: Any) -> Any:
        super().clean_one(value)
        most = self.kind.max_bytes
        if most is not None and (size := len(value.encode())) > most:
            message = ngettext_lazy(
                "At most %(limit)d byte, not %(length)d.", "At most %(limit)d bytes, not %(length)d.", "limit"
            )
            raise ValidationError(message, code="max_length", params={"limit": most, "length": size})
        return value

    @property
    def index_length(self) -> int:
        return self.kind.max_bytes or 0


class MediumText(Text[Value]):
    """Long text, up to 16,777,215 bytes of UTF-8."""

    kind = KINDS["mediumtext"]

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: MediumText[list[str]], *, array: Yes, required: bool = False, **common: Unpack[TextOptions]
        ) -> None: ...
        @overload
        def __init__(self: MediumText[str], *, required: Yes, **options: Unpack[TextOptions]) -> None: ...
        @overload
        def __init__(
            self: MediumText[str | None], *, array: No = False, required: No = False, **common: Unpack[TextOptions]
        ) -> None: ...
        def __init__(self, **options: Any) -> None: ...


class LongText(Text[Value]):
    """Long text, up to 4,294,967,295 bytes of UTF-8."""

    kind = KINDS["longtext"]

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: LongText[list[str]], *, array: Yes, required: bool = False, **common: Unpack[TextOptions]
        ) -> None: ...
        @overload
        def __init__(self: LongText[str], *, required: Yes, **options: Unpack[TextOptions]) -> None: ...
        @overload
        def __init__(
            self: LongText[str | None], *, array: No = False, required: No = False, **common: Unpack[TextOptions]
        ) -> None: ...
        def __init__(self, **options: Any) -> None: ...
