"""Columns of True and False."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack, overload

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from ..kinds import KINDS
from .base import Column
from .typing import Common, No, Value, Yes

_WORDS = {"true": True, "1": True, "false": False, "0": False}


class Boolean(Column[Value]):
    """True or False; numbers and words are refused."""

    kind = KINDS["boolean"]
    django_field = models.BooleanField

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Boolean[list[bool]], *, array: Yes, required: bool = False, **common: Unpack[Common]
        ) -> None: ...
        @overload
        def __init__(self: Boolean[bool], *, required: Yes, **options: Unpack[Common]) -> None: ...
        @overload
        def __init__(
            self: Boolean[bool | None], *, array: No = False, required: No = False, **common: Unpack[Common]
        ) -> None: ...
        def __init__(self, **options: Any) -> None: ...

    def clean_one(self, value: Any) -> Any:
        if not isinstance(value, bool):
            params = {"value": repr(value)}
            raise ValidationError(_("Expected True or False, not %(value)s."), code="invalid", params=params)
        return value

    def coerce(self, value: Any) -> Any:
        """Accept 1 and 0 too, and the words in URLs for true and false."""
        return self.clean_one(_WORDS.get(str(value).lower(), value))
