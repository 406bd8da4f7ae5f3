"""JSON in forms: what is not JSON is an error that says where, and never one of the server."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput, JSONString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from .media import STYLE_ONLY

# Levels of a JSON document. Deeper ones are refused: validators and encoders walk through them by recursion.
MAX_DEPTH = 200
# Characters of a text in an error.
_SHOWN = 40
_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"|(-?Infinity|NaN)')
# What Python's parser reports, to be translated.
_PROBLEMS = (
    gettext_noop("Expecting value"),
    gettext_noop("Expecting ',' delimiter"),
    gettext_noop("Expecting ':' delimiter"),
    gettext_noop("Expecting property name enclosed in double quotes"),
    gettext_noop("Extra data"),
    gettext_noop("Illegal trailing comma before end of array"),
    gettext_noop("Illegal trailing comma before end of object"),
    gettext_noop("Invalid \\escape"),
    gettext_noop("Invalid \\uXXXX escape"),
    gettext_noop("Invalid control character at"),
    gettext_noop("Unterminated string starting at"),
)


def parse_json(text: str) -> Any:
    """Return the value of a JSON text. Raises ValidationError, which says the line and column where they are known.

    Refused as well are NaN and Infinity, numbers that no double or integer of Python holds, halves of surrogate pairs,
    and more than `MAX_DEPTH` lists and objects in one another.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_number)
    except json.JSONDecodeError as error:
        raise _located(error.lineno, error.colno, _(error.msg)) from None
    except _Constant:
        raise _constant_error(text) from None
    except RecursionError:
        raise _too_deep() from None
    except ValidationError:
        raise
    except ValueError:  # Python's limit on the digits of a number
        raise ValidationError(_("A number has too many digits."), code="invalid") from None
    if _is_deeper(value, MAX_DEPTH):
        raise _too_deep()
    if "\\" in text and not is_encodable(json.dumps(value, ensure_ascii=False)):
        raise ValidationError(_("A text has half of a surrogate pair, which is not a character."), code="invalid")
    return value


def pretty_json(value: Any, encoder: type[json.JSONEncoder] | None = None) -> str:
    """Return the JSON of a value in lines, to be edited; in one line if it is deeper than a form takes.

    In place of a document that Python cannot write here it is a text that is not JSON, so that no form saves it.
    """
    return json_text(value, encoder, indent=None if _is_deeper(value, MAX_DEPTH) else 2)


def json_text(value: Any, encoder: type[json.JSONEncoder] | None = None, indent: int | None = None) -> str:
    """Return the JSON of a value, as a page can have it; see `pretty_json`. Without `indent` it is one line."""
    try:
        text = json.dumps(value, ensure_ascii=False, indent=indent, cls=encoder)
        return text if is_encodable(text) else json.dumps(value, cls=encoder)
    except RecursionError:
        return _("(a document that is too deep to be shown)")


def is_encodable(text: str) -> bool:
    """Whether a page can have the text: one with half of a surrogate pair cannot be sent."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class _Constant(ValueError):
    """NaN or Infinity, which are not JSON."""


def _refuse_constant(name: str) -> None:
    raise _Constant(name)


def _number(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValidationError(
            _("The number %(number)s is too large."), code="invalid", params={"number": text[:_SHOWN]}
        )
    return number


def _constant_error(text: str) -> ValidationError:
    match = next((match for match in _CONSTANT.finditer(text) if match[1]), None)
    start = match.start() if match else 0
    line, column = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
    return _located(line, column, _("JSON has no %(name)s") % {"name": match[1] if match else "NaN"})


def _located(line: int, column: int, problem: str) -> ValidationError:
    return ValidationError(
        _("This is not JSON. Line %(line)d, column %(column)d: %(problem)s."),
        code="invalid",
        params={"line": line, "column": column, "problem": problem},
    )


def _too_deep() -> ValidationError:
    return ValidationError(
        _("Lists and objects stand in one another more than %(depth)d levels deep."),
        code="invalid",
        params={"depth": MAX_DEPTH},
    )


def _is_deeper(value: Any, depth: int) -> bool:
    level = [value]
    for _level in range(depth):
        level = [part for container in level for part in _containers(container)]
        if not level:
            return False
    return True


def _containers(value: Any) -> Iterator[Any]:
    """Return the lists and objects that stand in a list or object."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return (part for part in parts if isinstance(part, (dict, list, tuple)))


class JSONTextarea(forms.Textarea):
    """Several lines of JSON; as high as they are, within bounds."""

    min_rows, max_rows = 4, 24

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        own = {"class": "appwrite-json", "cols": False, "rows": None, "spellcheck": "false", "autocapitalize": "off"}
        super().__init__({**own, **(attrs or {})})

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Return the context, with a number of rows if none was given."""
        context = super().get_context(name, value, attrs)
        if context["widget"]["attrs"]["rows"] is None:
            lines = str(value or "").count("\n") + 2
            context["widget"]["attrs"]["rows"] = min(max(lines, self.min_rows), self.max_rows)
        return context

    @property
    def media(self) -> forms.Media:
        """The files that a page needs."""
        return STYLE_ONLY


class JSONField(forms.JSONField):
    """A JSON document in lines. An input that is not JSON stays as it was typed; its error says line and column."""

    widget = JSONTextarea

    def to_python(self, value: Any) -> Any:
        """Return the document; None for an empty input."""
        if self.disabled:
            return value
        if value in self.empty_values:
            return None
        if not isinstance(value, str) or isinstance(value, JSONString):
            return value
        document = parse_json(value)
        if self.decoder is not None:
            document = json.loads(value, cls=self.decoder)
        return JSONString(document) if isinstance(document, str) else document

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return what is shown after an error."""
        if self.disabled:
            return initial
        if not isinstance(data, str):
            return data
        try:
            return self.to_python(data)
        except ValidationError:
            return InvalidJSONInput(data)

    def prepare_value(self, value: Any) -> Any:
        """Return the text of the input."""
        if value is None or isinstance(value, InvalidJSONInput):
            return value
        return self.to_text(value)

    def to_text(self, value: Any) -> str:
        """Return the JSON of a value, to be edited."""
        return pretty_json(value, self.encoder)
