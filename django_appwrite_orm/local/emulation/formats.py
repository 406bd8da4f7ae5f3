"""The formats of string columns: email, ip, url."""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

_LOCAL_PART: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*|\"[^\"\\]+\"")
_LABEL: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?", re.ASCII)
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*", re.ASCII)


def is_email(text: str) -> bool:
    """Check as PHP's FILTER_VALIDATE_EMAIL: at most 64 characters before the @, a domain of two labels or more."""
    local, at, domain = text.strip(" \t\r\n\x00\x0b").rpartition("@")  # PHP trims what it validates
    if not at or len(local) > 64 or len(text) > 320 or not text.isascii() or not _LOCAL_PART.fullmatch(local):
        return False
    if domain.startswith("[") and domain.endswith("]"):
        return is_ip(domain[1:-1].removeprefix("IPv6:"))
    labels = domain.split(".")
    return len(labels) > 1 and len(domain) < 254 and all(_LABEL.fullmatch(label) for label in labels)


def is_ip(text: str) -> bool:
    """Check an IPv4 or IPv6 address without a zone."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def is_url(text: str) -> bool:
    """Check as PHP's FILTER_VALIDATE_URL: ASCII, a scheme, and for web schemes a host name."""
    if not text.isascii() or any(letter <= " " or letter == "\x7f" for letter in text):
        return False
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not _SCHEME.fullmatch(parts.scheme) or port == 0:
        return False
    if parts.scheme in ("mailto", "news", "file"):
        return bool(parts.path or host)
    if parts.scheme in ("http", "https"):
        if host.startswith("[") or ":" in host:
            return is_ip(host.strip("[]"))
        return 0 < len(host) <= 253 and all(_LABEL.fullmatch(label) for label in host.rstrip(".").split("."))
    return bool(host)
