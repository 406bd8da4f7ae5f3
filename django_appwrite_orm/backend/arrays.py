"""`ArrayField`: a column of Appwrite that holds a list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.core import checks
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import NotSupportedError, models
from django.db.models.lookups import Lookup
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .columns import ListColumn, column_of
from .fields.system import elsewhere

_LOOKUPS = ("contains", "isnull", "overlap")


class ArrayField(models.Field):  # type: ignore[type-arg]  # its values are lists
    """A list of values of `base_field`, never None: Appwrite reads a list that was never set as an empty one.

    Filters: `contains=[...]` (all of these items), `overlap=[...]` (at least one of them). Items are compared exactly,
    with case.
    """

    description = _("List on Appwrite")
    empty_strings_allowed = False

    def __init__(self, base_field: Any, **options: Any) -> None:
        super().__init__(**options)
        self.base_field = base_field

    def deconstruct(self) -> Any:
        name, _, args, options = super().deconstruct()
        return name, "django_appwrite_orm.models.ArrayField", args, {**options, "base_field": self.base_field.clone()}

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        self.base_field.set_attributes_from_name(self.name)
        self.base_field.model = cls

    def get_internal_type(self) -> str:
        return "ArrayField"

    def db_type(self, connection: Any) -> str:
        """Return the kind of its column in a copy in memory, which holds JSON."""
        return "text"

    def get_lookup(self, lookup_name: str) -> Any:
        """Return the lookup; None, which Django reports, for one that Appwrite has not for lists."""
        return super().get_lookup(lookup_name) if lookup_name in _LOOKUPS else None

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        own = [checks.Error(message, hint=hint, obj=self, id="appwrite.E113") for message, hint in self._problems()]
        return [*super().check(**kwargs), *own, *elsewhere(self, kwargs.get("databases") or (), "Use a JSONField.")]

    def _problems(self) -> Iterator[tuple[str, str]]:
        if self.null:
            yield "Appwrite has no list that is null.", "Leave null=True out: a list that was never set is empty."
        if self.unique or vars(self).get("db_index"):
            yield "Appwrite has no indexes over lists.", "Leave unique=True and db_index=True out."
        if self.default is not models.NOT_PROVIDED and not callable(self.default):
            yield "The default would be one list for all instances.", "Give a function, such as default=list."

    # Values

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                raise ValidationError(_("The text is not a list in JSON."), code="invalid") from None
        if value is None:
            return None
        if not isinstance(value, (list, tuple)):
            params = {"type": type(value).__name__}
            raise ValidationError(_("Expected a list, not %(type)s."), code="invalid", params=params)
        return [self.base_field.to_python(item) for item in value]

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Return the list; in memory it is JSON."""
        items = json.loads(value) if isinstance(value, str) else value or ()
        return [self._item(item) for item in items]

    def _item(self, raw: Any) -> Any:
        value = self.base_field.to_python(raw)
        is_moment = isinstance(self.base_field, models.DateTimeField)
        return timezone.make_naive(value) if is_moment and value is not None and not settings.USE_TZ else value

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if not isinstance(value, (list, tuple)):
            return value
        return [self.base_field.get_db_prep_value(item, connection, prepared=False) for item in value]

    def value_to_string(self, obj: models.Model) -> str:
        return json.dumps(self.value_from_object(obj), cls=DjangoJSONEncoder)

    def validate(self, value: Any, model_instance: Any) -> None:
        super().validate(value, model_instance)
        errors = []
        for place, item in enumerate(value, 1):
            try:
                self.base_field.clean(item, model_instance)
            except ValidationError as error:
                errors += _of_item(place, error)
        if errors:
            raise ValidationError(errors, code="invalid")

    def formfield(self, **kwargs: Any) -> Any:
        own = {"form_class": LinesField, "base_field": self.base_field.formfield(), "show_hidden_initial": False}
        return super().formfield(**{**own, **kwargs})


class LinesField(forms.CharField):
    """A list in a form: an item a line."""

    widget = forms.Textarea

    def __init__(self, *, base_field: forms.Field, **options: Any) -> None:
        super().__init__(**options)
        self.base_field = base_field

    def to_python(self, value: Any) -> list[Any]:  # type: ignore[override]
        lines = value if isinstance(value, list) else str(value or "").splitlines()
        items, errors = [], []
        for place, line in enumerate([line for line in lines if not isinstance(line, str) or line.strip()], 1):
            try:
                items.append(self.base_field.clean(line))
            except ValidationError as error:
                errors += _of_item(place, error)
        if errors:
            raise ValidationError(errors, code="invalid")
        return items

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return "\n".join(str(self.base_field.prepare_value(item)) for item in value)
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(data) != list(initial or ())
        except ValidationError:
            return True


def _of_item(place: int, error: ValidationError) -> list[ValidationError]:
    message = _("Item %(number)d: %(message)s")
    return [
        ValidationError(message, code="invalid", params={"number": place, "message": text}) for text in error.messages
    ]


class ArrayLookup(Lookup):
    """A condition on the items of a list. The value is a list of items."""

    def get_prep_lookup(self) -> list[Any]:
        if not isinstance(self.rhs, (list, tuple, set, frozenset)):
            raise ValueError(f"The value of {self.lookup_name} is a list of items, not {self.rhs!r}.")
        return list(self.rhs)

    @property
    def items(self) -> list[Any] | None:
        """The JSON of the items; None if a row would have to hold one that no row can."""
        column = column_of(self.lhs.output_field)
        if not isinstance(column, ListColumn):
            raise NotSupportedError(f"{self.lookup_name} of something else than an ArrayField.")
        raw = [column.raw_item(item) for item in self.rhs]
        possible = [item for item in raw if item is not None]
        return None if len(possible) < len(raw) and isinstance(self, ContainsLookup) else possible


@ArrayField.register_lookup
class ContainsLookup(ArrayLookup):
    """The list has all of these items."""

    lookup_name = "contains"

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Return the condition for the copy in memory."""
        lhs, parameters = self.process_lhs(compiler, connection)
        if self.items is None:
            return "0 = 1", []
        sql = f"NOT EXISTS (SELECT 1 FROM json_each(%s) WHERE value NOT IN (SELECT value FROM json_each({lhs})))"  # noqa: S608
        return sql, [json.dumps(self.items), *parameters]


@ArrayField.register_lookup
class OverlapLookup(ArrayLookup):
    """The list has at least one of these items."""

    lookup_name = "overlap"

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Return the condition for the copy in memory."""
        lhs, parameters = self.process_lhs(compiler, connection)
        sql = f"EXISTS (SELECT 1 FROM json_each({lhs}) WHERE value IN (SELECT value FROM json_each(%s)))"  # noqa: S608
        return sql, [*parameters, json.dumps(self.items)]
