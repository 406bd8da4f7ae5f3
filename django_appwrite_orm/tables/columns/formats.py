"""The forms Appwrite checks texts for, kept to what it accepts: what passes here is not refused there.

The server uses PHP's filters. Stricter here, on purpose: no space around the text (the server keeps it and then
finds it again only with it), no top-level domain of one letter, and no URL that runs as a script.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_USER = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*")
_SCRIPTS = ("javascript", "vbscript", "data")
_WITHOUT_HOST = ("mailto", "news", "file")

_django_email = EmailValidator(allowlist=[])  # Appwrite knows no exception for localhost


def check_email(text: str) -> None:
    """Raises ValidationError for what is no email address, or not one in ASCII."""
    if not (text.isascii() and text.isprintable()):
        raise ValidationError("Appwrite takes email addresses in ASCII only; write the domain in Punycode.")
    if len(text.rpartition("@")[0]) > 64:
        raise ValidationError("At most 64 characters before the @.")
    if text.startswith('""'):
        raise ValidationError("There is nothing between the quotes before the @.")
    _django_email(text)


def check_ip(text: str) -> None:
    """Raises ValidationError for what is neither an IPv4 nor an IPv6 address (without a zone)."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise ValidationError(f"{text!r} is not an IPv4 or IPv6 address.") from None
    if "%" in text:
        raise ValidationError("Appwrite takes no zone in an IPv6 address.")


def check_url(text: str) -> None:
    """Raises ValidationError for what is no absolute URL, or not one in ASCII."""
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise ValidationError("Appwrite takes URLs in printable ASCII only; percent-encode the rest.")
    try:
        parts = urlsplit(text)
        usable = parts.port != 0 and _USER.fullmatch(parts.netloc.rpartition("@")[0])
    except ValueError:
        raise ValidationError("This is not a URL.") from None
    if not usable or not _SCHEME.match(text) or not _has_target(parts):
        raise ValidationError("Give a whole URL, such as 'https://example.com/path'.")
    if parts.scheme in _SCRIPTS:
        raise ValidationError(f"A {parts.scheme}: URL would run as a script where it is shown as a link.")


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
