"""Values of every kind of column: stored and read unchanged, or refused before a request."""

from __future__ import annotations

import datetime
import enum
import math
import zoneinfo
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from hypothesis import given
from hypothesis import strategies as st

from django_appwrite_orm import Table, columns
from tests.support.costs import counted
from tests.support.library.tables import Everything

UTC = datetime.UTC


class Letter(TextChoices):
    A = "a", "The first"
    B = "b", "The second"


class Plain(enum.Enum):
    A = "a"


class Number(enum.IntEnum):
    ONE = 1


def moment(*parts: int, tz: datetime.tzinfo | None = UTC) -> datetime.datetime:
    return datetime.datetime(*parts, tzinfo=tz)  # type: ignore[arg-type, misc]


# Column, value, and what it is after it has been stored and read again.
KEPT: list[tuple[str, Any, Any]] = [
    ("string", "x" * 10, "x" * 10),
    ("string", "", ""),
    ("string", "  a  ", "  a  "),
    ("string", "é" * 10, "é" * 10),
    ("string", "🙂" * 10, "🙂" * 10),
    ("string", "e\u0301", "e\u0301"),
    ("string", "null", "null"),
    ("string", Letter.A, "a"),
    ("varchar", "é🙂\n\t\"'\\/", "é🙂\n\t\"'\\/"),
    ("text", "x" * 65_535, "x" * 65_535),
    ("medium", "'; DROP TABLE t; -- %_", "'; DROP TABLE t; -- %_"),
    ("long", "<b>&amp;</b>\u2028\u202e", "<b>&amp;</b>\u2028\u202e"),
    ("integer", -5, -5),
    ("integer", 5, 5),
    ("wide", 2**63 - 1, 2**63 - 1),
    ("wide", -(2**63) + 1, -(2**63) + 1),
    ("wide", 2**53 + 1, 2**53 + 1),
    ("bigint", 2**63 - 1, 2**63 - 1),
    ("bigint", -(2**63), -(2**63)),
    ("float", 3, 3.0),
    ("float", 0.1, 0.1),
    ("float", 1e308, 1e308),
    ("float", 1.5e-07, 1.5e-07),
    ("float", -2.5, -2.5),
    ("boolean", True, True),
    ("boolean", False, False),
    ("datetime", moment(2024, 2, 29, 12, 34, 56, 789_000), moment(2024, 2, 29, 12, 34, 56, 789_000)),
    ("datetime", moment(2024, 2, 29, 12, 34, 56, 789_999), moment(2024, 2, 29, 12, 34, 56, 789_000)),
    ("datetime", "2024-02-29T12:34:56Z", moment(2024, 2, 29, 12, 34, 56)),
    ("datetime", "2024-02-29T23:30:00-08:00", moment(2024, 3, 1, 7, 30)),
    ("datetime", moment(1000, 1, 1), moment(1000, 1, 1)),
    ("datetime", moment(9999, 12, 31, 23, 59, 59), moment(9999, 12, 31, 23, 59, 59)),
    ("datetime", moment(1969, 12, 31, 23, 59, 59, 1_000), moment(1969, 12, 31, 23, 59, 59, 1_000)),
    (
        "datetime",
        moment(2024, 7, 1, tz=zoneinfo.ZoneInfo("Asia/Kolkata")),
        moment(2024, 6, 30, 18, 30),
    ),
    ("enum", "a", "a"),
    ("enum", Letter.B, "b"),
    ("enum", Plain.A, "a"),
    ("email", "A.B+tag@Example.COM", "A.B+tag@Example.COM"),
    ("url", "https://example.com/%20?a=b#c", "https://example.com/%20?a=b#c"),
    ("ip", "2001:0DB8::0001", "2001:0DB8::0001"),
    ("strings", ["b", "a", "b", ""], ["b", "a", "b", ""]),
    ("strings", [], []),
    ("strings", ("x",), ["x"]),
    ("integers", [3, -1], [3, -1]),
    ("floats", [1, 2.5], [1.0, 2.5]),
    ("booleans", [True, False], [True, False]),
    ("datetimes", [moment(2020, 1, 1), "2020-01-01T10:00:00+10:00"], [moment(2020, 1, 1), moment(2020, 1, 1)]),
    ("enums", [Letter.A, "b", Plain.A], ["a", "b", "a"]),
    ("emails", ["a@example.com"], ["a@example.com"]),
    ("urls", ["https://example.com"], ["https://example.com"]),
    ("ips", ["::1", "127.0.0.1"], ["::1", "127.0.0.1"]),
]


@pytest.fixture
def everything(library: None) -> None:
    """One table with every kind of column."""


def test_stored_values_are_read_unchanged(everything: None) -> None:
    written = [Everything.objects.create(**{name: value}) for name, value, _ in KEPT]
    for row, (name, _, expected) in zip(written, KEPT, strict=True):
        fresh = Everything.objects.uncached().get(pk=row.id)
        for found in (getattr(row, name), getattr(fresh, name)):
            assert found == expected, name
            assert type(found) is type(expected), name


def test_saving_an_unchanged_row_changes_nothing(everything: None) -> None:
    """Each value, set to what it already is, encodes to the very JSON that came from Appwrite."""
    for name, value, expected in KEPT:
        row = Everything.objects.create(**{name: value})
        setattr(row, name, expected)
        with counted() as costs:
            row.save()
        assert costs.requests == [], name


def test_null_is_none_in_every_column_and_an_empty_list_in_arrays(everything: None) -> None:
    row = Everything.objects.uncached().get(pk=Everything.objects.create().id)
    for name, column in Everything._meta.columns.items():
        assert getattr(row, name) == ([] if column.array else None)


def test_negative_zero_is_zero(everything: None) -> None:
    row = Everything.objects.create(float=-0.0)
    assert math.copysign(1, Everything.objects.uncached().get(pk=row.id).float) == 1


def test_an_update_stores_what_a_create_stores(everything: None) -> None:
    row = Everything.objects.create()
    for name, value, expected in KEPT:
        setattr(row, name, value)
        row.save()
        assert getattr(Everything.objects.uncached().get(pk=row.id), name) == expected


LONG_EMAIL = "a" * 64 + "@" + "b" * 60 + "." + ("c" * 60 + ".") * 3 + "org"
REFUSED: list[tuple[str, Any, str]] = [
    ("string", "x" * 11, "At most 10 characters, not 11."),
    ("string", 5, "Expected text, not int."),
    ("string", b"x", "Expected text, not bytes."),
    ("string", Plain.A, "Expected text, not Plain."),
    ("string", "a\0b", "Text with a NUL character cannot be stored."),
    ("string", "\ud800", "Text with an unpaired surrogate cannot be stored."),
    ("string", ["a"], "Expected text, not list."),
    ("text", "é" * 32_768, "At most 65535 bytes, not 65536."),
    ("integer", 6, "At most 5, not 6."),
    ("integer", -6, "At least -5, not -6."),
    ("integer", True, "Expected a whole number of 64 bits, not True."),
    ("integer", 1.0, "Expected a whole number of 64 bits, not 1.0."),
    ("integer", "1", "Expected a whole number of 64 bits, not '1'."),
    ("wide", 2**63, f"Expected a whole number of 64 bits, not {2**63}."),
    ("wide", -(2**63), f"Expected a whole number of 64 bits, not {-(2**63)}."),
    ("bigint", -(2**63) - 1, f"Expected a whole number of 64 bits, not {-(2**63) - 1}."),
    ("float", "1.5", "Expected a finite number, not '1.5'."),
    ("float", math.nan, "Expected a finite number, not nan."),
    ("float", math.inf, "Expected a finite number, not inf."),
    ("float", True, "Expected a finite number, not True."),
    ("boolean", 1, "Expected True or False, not 1."),
    ("boolean", "true", "Expected True or False, not 'true'."),
    ("datetime", "soon", "'soon' is not a date and time in ISO 8601."),
    ("datetime", "2023-02-29T00:00:00Z", "'2023-02-29T00:00:00Z' is not a date and time in ISO 8601."),
    ("datetime", 1709210096, "Expected a datetime, not int."),
    ("datetime", moment(999, 12, 31), "The year must be from 1000 to 9999."),
    ("datetime", moment(9999, 12, 31, 23, 59, 59, 1_000), "The year must be from 1000 to 9999."),
    (
        "datetime",
        datetime.datetime(9999, 12, 31, 23, tzinfo=datetime.timezone(datetime.timedelta(hours=-5))),
        "The date is out of range.",
    ),
    ("enum", "c", "'c' is not one of: a, b."),
    ("enum", "A", "'A' is not one of: a, b."),
    ("enum", Number.ONE, "'1' is not one of: a, b."),
    ("email", "a@localhost", "Enter a valid email address."),
    ("email", "é@example.com", "Appwrite accepts email addresses in ASCII only. Write the domain in Punycode."),
    ("email", LONG_EMAIL, f"At most 254 characters, not {len(LONG_EMAIL)}."),
    ("url", "example.com", "Enter a complete URL, such as 'https://example.com/path'."),
    ("url", "https://example.com/é", "Appwrite accepts URLs in printable ASCII only. Percent-encode other characters."),
    ("url", "javascript:alert(1)", "A javascript: URL could run as a script when it is shown as a link."),
    ("url", "https://example.com/" + "a" * 2000, "At most 2000 characters, not 2020."),
    ("ip", "1.2.3", "'1.2.3' is not an IPv4 or IPv6 address."),
    ("ip", "fe80::1%eth0", "Appwrite does not accept a zone in an IPv6 address."),
    ("strings", "abc", "Expected a list, not str."),
    ("strings", {"a"}, "Expected a list, not set."),
    ("strings", ["a", None], "Item 1: An array cannot hold None."),
    ("integers", [1, "2", 2.5], "Item 1: Expected a whole number of 64 bits, not '2'."),
]


@pytest.mark.parametrize(("name", "value", "message"), REFUSED)
def test_a_value_that_does_not_fit_is_refused_with_a_reason(name: str, value: object, message: str) -> None:
    with counted() as costs, pytest.raises(ValidationError) as caught:
        Everything.objects.create(**{name: value})
    assert set(caught.value.message_dict) == {name}
    assert caught.value.message_dict[name][0] == message
    assert costs.requests == []


def test_a_number_beyond_the_largest_double_is_refused() -> None:
    with pytest.raises(ValidationError, match="Expected a finite number"):
        columns.Float().clean(10**400)


def test_all_invalid_items_of_an_array_are_reported_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        columns.Integer(array=True).clean([1, "2", 2.5])
    assert [message[:7] for message in caught.value.messages] == ["Item 1:", "Item 2:"]


@pytest.mark.parametrize(
    ("column", "value", "asked"),
    [
        (columns.Integer(max=5), "12", 12),
        (columns.Integer(), 7, 7),
        (columns.Float(), "1.5", 1.5),
        (columns.Boolean(), "TRUE", True),
        (columns.Boolean(), 0, False),
        (columns.String(size=2), 12345, "12345"),
        (columns.String(size=2), Plain.A, "a"),
        (columns.Enum(["a"]), "another", "another"),
        (columns.Datetime(), "2024-01-02T01:00+01:00", "2024-01-02T00:00:00.000+00:00"),
    ],
)
def test_a_filter_accepts_convertible_values(column: columns.Column, value: object, asked: object) -> None:
    assert column.to_query(value) == asked


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (columns.Integer(), "twelve"),
        (columns.Integer(), 1.5),
        (columns.Integer(), 2**70),
        (columns.Float(), "nan"),
        (columns.Boolean(), "maybe"),
        (columns.Boolean(), 2),
        (columns.String(), None),
        (columns.String(), ["a"]),
        (columns.String(), "\ud800"),
        (columns.String(), "a\0"),
        (columns.Datetime(), "soon"),
    ],
)
def test_a_filter_refuses_values_of_other_types(column: columns.Column, value: object) -> None:
    with pytest.raises(ValidationError):
        column.to_query(value)


_ROUND_TRIPS = {
    "varchar": (columns.Varchar(), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))),
    "wide": (columns.Integer(), st.integers(-(2**63) + 1, 2**63 - 1)),
    "float": (columns.Float(), st.floats(allow_nan=False, allow_infinity=False)),
    "datetime": (
        columns.Datetime(),
        st.datetimes(
            datetime.datetime(1000, 1, 2), datetime.datetime(9999, 12, 30), timezones=st.timezones(no_cache=True)
        ),
    ),
}


@pytest.mark.parametrize("name", _ROUND_TRIPS)
@given(data=st.data())
def test_any_valid_value_is_read_as_it_was_written(name: str, data: st.DataObject) -> None:
    """Between Python and JSON; the stores above show the rest of the way."""
    column, values = _ROUND_TRIPS[name]
    value = data.draw(values.filter(lambda found: not isinstance(found, str) or len(found) <= 255))
    cleaned = column.clean(value)
    assert column.to_python(column.to_appwrite(cleaned)) == cleaned
    if name == "datetime":
        assert datetime.timedelta(0) <= value - cleaned < datetime.timedelta(milliseconds=1)
    else:
        assert cleaned == value


def test_a_column_cleans_its_values_in_its_own_way() -> None:
    class Stripped(columns.String[str]):
        def clean(self, value: Any) -> Any:
            return super().clean(value.strip())

    class Shouted(columns.String[str]):
        def to_appwrite(self, value: Any) -> Any:
            return super().to_appwrite(value.upper())

    class Words(Table):
        first = Stripped(size=3)
        second = Shouted(size=3)

    assert Words(first=" abc ", second="abc")._new_data() == {"first": "abc", "second": "ABC"}
