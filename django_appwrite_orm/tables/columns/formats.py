"""Columns of text with a format that Appwrite validates: email, URL, IP and enum.

What is valid here is accepted by the server, which uses PHP's filters. These columns are stricter on purpose: no spaces
around the text (the server would keep them, and filters would need them), no top-level domain of one letter, and no URL
that runs as a script.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Unpack, overload
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from ...exceptions import ConfigurationError
from ...plans.limits import ELEMENT_LENGTH, ELEMENTS_LIMIT
from ..kinds import KINDS
from .text import PlainText, bytes_in_row, member_text, too_many_characters
from .typing import Common, No, Value, Yes

_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_USER = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*")
_SCRIPTS = ("javascript", "vbscript", "data")
_WITHOUT_HOST = ("mailto", "news", "file")

_django_email = EmailValidator(allowlist=[])  # Appwrite refuses localhost


def check_email(text: str) -> None:
    """Raise ValidationError for text that is not an email address in ASCII."""
    if not (text.isascii() and text.isprintable()):
        raise ValidationError(_("Appwrite accepts email addresses in ASCII only. Write the domain in Punycode."))
    if len(text.rpartition("@")[0]) > 64:
        raise ValidationError(_("At most 64 characters before the @."))
    if text.startswith('""'):
        raise ValidationError(_("The quoted part before the @ is empty."))
    _django_email(text)


def check_ip(text: str) -> None:
    """Raise ValidationError for text that is not an IPv4 address or an IPv6 address without a zone."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        message = _("%(value)s is not an IPv4 or IPv6 address.")
        raise ValidationError(message, params={"value": repr(text)}) from None
    if "%" in text:
        raise ValidationError(_("Appwrite does not accept a zone in an IPv6 address."))


def check_url(text: str) -> None:
    """Raise ValidationError for text that is not an absolute URL in ASCII."""
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise ValidationError(_("Appwrite accepts URLs in printable ASCII only. Percent-encode other characters."))
    try:
        parts = urlsplit(text)
        usable = parts.port != 0 and _USER.fullmatch(parts.netloc.rpartition("@")[0])
    except ValueError:
        raise ValidationError(_("The text is not a URL.")) from None
    if not usable or not _SCHEME.match(text) or not _has_target(parts):
        raise ValidationError(_("Enter a complete URL, such as 'https://example.com/path'."))
    if parts.scheme in _SCRIPTS:
        message = _("A %(scheme)s: URL could run as a script when it is shown as a link.")
        raise ValidationError(message, params={"scheme": parts.scheme})


def _has_target(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    if parts.scheme in _WITHOUT_HOST:
        return bool(parts.path or host)
    if parts.scheme not in ("http", "https"):
        return bool(host) or parts.scheme in _SCRIPTS
    if "[" in parts.netloc:
        return _is_ipv6(host)
    return 0 < len(host) <= 253 and all(_LABEL.fullmatch(label) for label in host.removesuffix(".").split("."))


def _is_ipv6(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return "%" not in host


class _Formatted(PlainText[Value]):
    """Text in a format that the server validates; its size is fixed."""

    @property
    def size(self) -> int:
        return self.kind.size or 0

    def options(self) -> dict[str, Any]:
        return {"format": self.kind.format}

    def django_options(self) -> dict[str, Any]:
        return {"max_length": self.size}

    @property
    def value_bytes(self) -> int:
        return bytes_in_row(self.size)

    @property
    def index_length(self) -> int:
        return self.size

    def clean_one(self, value: Any) -> Any:
        super().clean_one(value)
        if len(value) > self.size:
            raise too_many_characters(self.size, len(value))
        self.check_form(value)
        return value

    def check_form(self, value: str) -> None:
        raise NotImplementedError


class Email(_Formatted[Value]):
    """An email address in ASCII, its domain with a dot: `localhost` is refused, as Appwrite does."""

    kind = KINDS["email"]
    django_field = models.EmailField

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

    kind = KINDS["url"]
    django_field = models.URLField

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

    kind = KINDS["ip"]
    django_field = models.GenericIPAddressField

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

    def django_options(self) -> dict[str, Any]:
        return {}  # Django's field has a length of its own

    def check_form(self, value: str) -> None:
        check_ip(value)


class Enum(_Formatted[Value]):
    """One of `elements`: up to 100 texts of 1 to 255 characters, or an `enum.Enum` with such values.

    A value may be a member or a text; case matters. A row that is read has the text. As in Django, it has
    `get_<name>_display()`: the label of a `TextChoices`, else the text.
    """

    kind = KINDS["enum"]
    django_field = models.CharField

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
            raise ConfigurationError(f"Enum: elements must be a list of strings, not {elements!r}.")
        members = list(elements)
        self.elements = [member_text(member) for member in members]
        # For display: the labels of a Django TextChoices, else the texts.
        self.labels = {
            text: getattr(member, "label", text) for text, member in zip(self.elements, members, strict=True)
        }
        if not 1 <= len(self.elements) <= ELEMENTS_LIMIT:
            raise ConfigurationError(f"Enum: needs 1 to {ELEMENTS_LIMIT} elements, not {len(self.elements)}.")
        for element in self.elements:
            if not isinstance(element, str) or not 1 <= len(element) <= ELEMENT_LENGTH:
                raise ConfigurationError(
                    f"Enum: an element must be a string of 1 to {ELEMENT_LENGTH} characters, not {element!r}."
                )
        if len(set(self.elements)) < len(self.elements):
            raise ConfigurationError("Enum: an element is in the list twice.")

    def options(self) -> dict[str, Any]:
        return {**super().options(), "elements": self.elements}

    def django_options(self) -> dict[str, Any]:
        return {**super().django_options(), "choices": list(self.labels.items())}

    def clean_one(self, value: Any) -> Any:
        return super().clean_one(member_text(value))

    def check_form(self, value: str) -> None:
        if value not in self.elements:
            params = {"value": repr(value), "elements": ", ".join(self.elements)}
            raise ValidationError(_("%(value)s is not one of: %(elements)s."), code="invalid_choice", params=params)
