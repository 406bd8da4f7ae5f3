"""Email, url, ip and enum against recorded responses of Appwrite 1.9.6.

Nothing that is accepted here is refused there. What is refused here although the server takes it is listed, with
the reason, in `STRICTER`.
"""

from __future__ import annotations

import ipaddress

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from django_appwrite_orm import columns
from django_appwrite_orm.local.emulation import formats as server

ENUM = columns.Enum(["red", "green", "Blue", "été"])
KINDS = {"mail": columns.Email(), "link": columns.URL(), "addr": columns.IP(), "color": ENUM}

# Recorded: the value, and whether the server took it.
RECORDED = [
    ("mail", "a@example.com", True),
    ("mail", "A.B+tag@Example.COM", True),
    ("mail", "no-at", False),
    ("mail", "a@b", False),
    ("mail", "a@localhost", False),
    ("mail", "", False),
    ("mail", "é@example.com", False),
    ("mail", "a@exämple.com", False),
    ("mail", '"quoted"@example.com', True),
    ("mail", 5, False),
    ("link", "https://example.com", True),
    ("link", "http://localhost:8080/a?b=c#d", True),
    ("link", "ftp://x.y/z", True),
    ("link", "example.com", False),
    ("link", "https://", False),
    ("link", "mailto:a@b.co", True),
    ("link", "", False),
    ("link", "https://exämple.com/ü", False),
    ("link", "https://example.com/a b", False),
    ("link", "javascript:alert(1)", False),
    ("link", 7, False),
    ("addr", "127.0.0.1", True),
    ("addr", "::1", True),
    ("addr", "2001:0DB8::0001", True),
    ("addr", "256.1.1.1", False),
    ("addr", "1.2.3", False),
    ("addr", "", False),
    ("addr", "01.2.3.4", False),
    ("addr", "1.2.3.4/24", False),
    ("addr", 1, False),
    ("color", "red", True),
    ("color", "RED", False),
    ("color", "Blue", True),
    ("color", "blue", False),
    ("color", "été", True),
    ("color", "ete", False),
    ("color", "", False),
    ("color", "red ", False),
    ("color", 1, False),
]
STRICTER = [
    ("mail", " a@example.com", "a space before it is stored and then belongs to the address"),
    ("mail", "a@b.c", "no top-level domain has one letter"),
    ("link", "javascript://x.y/%0aalert(1)", "it would run where it is shown as a link"),
]


def _is_accepted(kind: str, value: object) -> bool:
    try:
        KINDS[kind].clean(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(("kind", "value", "accepted"), RECORDED)
def test_recorded_values_are_valid_exactly_when_the_server_accepts_them(
    kind: str, value: object, accepted: bool
) -> None:
    assert _is_accepted(kind, value) is accepted


@pytest.mark.parametrize(("kind", "value", "reason"), STRICTER)
def test_some_values_are_refused_although_the_server_accepts_them(kind: str, value: str, reason: str) -> None:
    assert not _is_accepted(kind, value), reason


@pytest.mark.parametrize(
    "url",
    [
        "http://intranet/",
        "https://user:p%20w@example.com:8443/x",
        "http://[::1]:8000/",
        "https://example.com./",
        "news:comp.lang.python",
    ],
)
def test_valid_urls_are_accepted(url: str) -> None:
    assert _is_accepted("link", url)
    assert server.is_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://-a.com",
        "http://a_b.com",
        "http://example.com:0",
        "http://example.com:99999",
        "http://[::1",
        "http://[v1.abc]/",
        "http://[1::2::3]/",
        "http://[fe80::1%25eth0]/",
        "http://us er@example.com",
        "http://a@b@example.com",
        "1http://example.com",
        "//example.com",
        "data:text/html,x",
        "vbscript://x/",
        "http://example.com/\n",
        "http://exa\tmple.com",
        "urn:isbn:1",
    ],
)
def test_invalid_urls_are_refused(url: str) -> None:
    assert not _is_accepted("link", url)


@pytest.mark.parametrize(
    "email", ["x" * 65 + "@example.com", '""@example.com', "a@[1.2.3.4", "a@\u212a.com", "a@example.com\n"]
)
def test_invalid_emails_are_refused(email: str) -> None:
    assert not _is_accepted("mail", email)


@given(st.ip_addresses())
def test_every_ip_address_is_accepted(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert _is_accepted("addr", str(address))
    assert server.is_ip(str(address))


_TEXTS = st.text(st.sampled_from("ab1é.-_@:/[]%?#\"' \n"), max_size=20)


@given(_TEXTS | _TEXTS.map("http://".__add__) | _TEXTS.map("a:".__add__))
def test_no_url_is_accepted_that_the_server_refuses(text: str) -> None:
    assert not _is_accepted("link", text) or server.is_url(text)


@given(_TEXTS | _TEXTS.map(lambda text: f"{text}@example.com") | _TEXTS.map("a@".__add__))
def test_no_email_is_accepted_that_the_server_refuses(text: str) -> None:
    assert not _is_accepted("mail", text) or server.is_email(text)


@given(_TEXTS | st.text(st.sampled_from("0123456789abcdef.:%"), max_size=20))
def test_no_ip_address_is_accepted_that_the_server_refuses(text: str) -> None:
    assert not _is_accepted("addr", text) or server.is_ip(text)
