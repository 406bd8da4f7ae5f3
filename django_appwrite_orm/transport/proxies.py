"""The proxy that the environment names for an endpoint, as all programs of a machine are told of it."""

from __future__ import annotations

from importlib.util import find_spec
from urllib.parse import unquote_to_bytes, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore2 as httpcore

_SOCKS = ("socks5", "socks5h")


def proxy_of(endpoint: str) -> httpcore.Proxy | None:
    """The proxy that HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY name for this endpoint.

    Raises `ValueError` for one that cannot be used; it says which variable, and not the value, which may hold a
    password.
    """
    parts, known = urlsplit(endpoint), getproxies()
    kind = parts.scheme if known.get(parts.scheme) else "all"
    found = known.get(kind)
    # NO_PROXY names an IPv6 address without the brackets that it has in a URL.
    if not found or proxy_bypass(parts.netloc) or proxy_bypass(parts.hostname or ""):
        return None
    try:
        proxy = urlsplit(found if "://" in found else f"http://{found}")
        has_host = bool(proxy.hostname) and proxy.netloc.rpartition("@")[2].isascii()
        usable = has_host and (proxy.port or 80) > 0 and proxy.scheme in ("http", "https", *_SOCKS)
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(f"{kind.upper()}_PROXY in the environment is no proxy; give one as in http://host:3128")
    if proxy.scheme in _SOCKS and find_spec("socksio") is None:
        raise ValueError(f"{kind.upper()}_PROXY in the environment is a SOCKS proxy, which needs: pip install socksio")
    auth = (unquote_to_bytes(proxy.username), unquote_to_bytes(proxy.password or "")) if proxy.username else None
    return httpcore.Proxy(f"{proxy.scheme}://{proxy.netloc.rpartition('@')[2]}", auth=auth)
