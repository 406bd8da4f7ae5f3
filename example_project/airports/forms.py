"""What people type about airports: a search, and the values of an airport."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import F, Q

from airports.tables import Airport, Country
from django_appwrite_orm import QuerySet, atomic
from django_appwrite_orm.exceptions import Conflict, IntegrityError

_LONGEST_SEARCH = 60
_CODE_LIKE = "Letters, digits and _ only."
ORDERS = {"name": "Name", "-elevation": "Highest first", "elevation": "Lowest first"}


class WordsField(forms.CharField):
    """Words of a search: what is too long is cut off, and what no text can hold is left out."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\0", "").strip()[:_LONGEST_SEARCH]


class SearchForm(forms.Form):
    """All conditions hold together; empty ones are left out."""

    q = WordsField(
        label="Name, city or code",
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "maxlength": _LONGEST_SEARCH}),
    )
    country = forms.ModelChoiceField(
        Country.objects.none(), required=False, to_field_name="code", empty_label="Any country"
    )
    lowest = forms.FloatField(label="At least (ft)", required=False, min_value=-2000, max_value=30_000)
    highest = forms.FloatField(label="At most (ft)", required=False, min_value=-2000, max_value=30_000)
    iata = forms.BooleanField(label="With an IATA code", required=False)
    order = forms.ChoiceField(choices=list(ORDERS.items()), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].queryset = Country.objects.order_by("name")
        for name in ("lowest", "highest"):
            self.fields[name].widget.attrs["inputmode"] = "numeric"

    def clean(self) -> dict[str, Any]:
        lowest, highest = (self.cleaned_data.get(name) for name in ("lowest", "highest"))
        if lowest is not None and highest is not None and lowest > highest:
            self.add_error("highest", f"Nothing is at least {lowest:g} and at most {highest:g} ft.")
        return self.cleaned_data

    @property
    def conditions(self) -> bool:
        """Whether there is anything to search for."""
        cleaned = self.cleaned_data
        limited = any(cleaned[name] is not None for name in ("lowest", "highest"))  # 0 is a limit too
        return limited or any(cleaned[name] for name in ("q", "country", "iata"))

    def airports(self) -> QuerySet[Airport]:
        """The airports that meet all conditions. Appwrite fails on a search for nothing but signs, such as "%"."""
        cleaned = self.cleaned_data
        airports = Airport.objects.order_by(cleaned["order"] or "name")
        if words := cleaned["q"]:
            if not any(character.isalnum() for character in words):
                return Airport.objects.none()
            code = words.upper()
            airports = airports.filter(Q(name__search=words) | Q(city__search=words) | Q(code=code) | Q(iata=code))
        if country := cleaned["country"]:
            airports = airports.filter(country=country.code)
        if (lowest := cleaned["lowest"]) is not None:
            airports = airports.filter(elevation__gte=lowest)
        if (highest := cleaned["highest"]) is not None:
            airports = airports.filter(elevation__lte=highest)
        return airports.filter(iata__isnull=False) if cleaned["iata"] else airports


class AirportForm(forms.Form):
    """The values of one airport, which the table checks by its own rules too.

    `version` is when the row was last changed, as the person who edits it has seen it.
    """

    code = forms.RegexField(r"^[A-Za-z0-9_]+$", max_length=4, error_messages={"invalid": _CODE_LIKE})
    iata = forms.RegexField(
        r"^[A-Za-z0-9]{3}$", label="IATA", required=False, error_messages={"invalid": "Three letters or digits."}
    )
    name = forms.CharField(max_length=128)
    city = forms.CharField(max_length=64, required=False)
    region = forms.CharField(max_length=64, required=False)
    country = forms.ModelChoiceField(Country.objects.none(), to_field_name="code", empty_label="Choose a country")
    elevation = forms.FloatField(label="Elevation (ft)", min_value=-2000, max_value=30_000)
    latitude = forms.FloatField(min_value=-90, max_value=90, help_text="Degrees; south is negative.")
    longitude = forms.FloatField(min_value=-180, max_value=180, help_text="Degrees; west is negative.")
    timezone = forms.CharField(label="Time zone", max_length=40, required=False, help_text="Such as Europe/Lisbon.")
    version = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, data: Any = None, *, airport: Airport | None = None, initial: dict[str, Any] | None = None
    ) -> None:
        self.airport = airport
        super().__init__(data, initial=_initial(airport) if airport else initial)
        self.fields["country"].queryset = Country.objects.order_by("name")

    def clean_code(self) -> str:
        return self.cleaned_data["code"].upper()

    def clean(self) -> dict[str, Any]:
        values = self.values()
        if not self.errors:
            try:
                Airport(**values).full_clean()
            except ValidationError as error:
                for name, messages in error.message_dict.items():
                    self.add_error(name if name in self.fields else None, messages)
        if self.airport and self.cleaned_data.get("version") not in ("", _version(self.airport)):
            self.add_error(None, "Somebody has changed this airport since you opened it. Open it again to see how.")
        return self.cleaned_data

    def values(self) -> dict[str, Any]:
        """The columns of the airport: an empty optional text is stored as null."""
        values = {name: value or None for name, value in self.cleaned_data.items() if name != "version"}
        for name in ("elevation", "latitude", "longitude"):
            values[name] = self.cleaned_data.get(name)
        if country := values.get("country"):
            values["country"] = country.code
        if iata := values.get("iata"):
            values["iata"] = iata.upper()
        return values

    def save(self) -> Airport | None:
        """The stored airport; None where the form now has an error."""
        try:
            return self._change() if self.airport else self._create()
        except ValidationError as error:  # text that Appwrite would take for an operator when a row is changed
            for name, messages in error.message_dict.items():
                self.add_error(name, messages)
        except IntegrityError:
            self.add_error("code", "There is an airport with this code already.")
        except Conflict:
            self.add_error(None, "Somebody has changed this airport meanwhile. Open it again to see how.")
        return None

    def _create(self) -> Airport:
        """The airport and the number of its country's airports, both or neither."""
        with atomic():
            airport = Airport.objects.create(**self.values())
            count_airports(self.cleaned_data["country"], 1)
        return airport

    def _change(self) -> Airport:
        airport, country = self.airport, self.cleaned_data["country"]
        assert airport is not None
        former = airport.country
        for name, value in self.values().items():
            setattr(airport, name, value)
        if former == country.code:
            return airport.save(if_unchanged=True)
        with atomic():
            airport.save(if_unchanged=True)
            count_airports(Country.objects.get(code=former), -1)
            count_airports(country, 1)
        return airport


def count_airports(country: Country, more: int) -> None:
    """Count on the server: two changes at the same time both count."""
    Country.objects.filter(pk=country.id).update(airports=F("airports") + more)


def _initial(airport: Airport) -> dict[str, Any]:
    return {name: getattr(airport, name) for name in airport._meta.columns} | {"version": _version(airport)}


def _version(airport: Airport) -> str:
    return airport.updated_at.isoformat() if airport.updated_at else ""
