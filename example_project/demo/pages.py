"""Pages as a browser without scripts sees them: the forms on them, and what it would send."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any


@dataclass
class Form:
    """A form with its method, its address (empty for that of the page), its names, and the values that it has."""

    method: str
    action: str
    names: set[str] = field(default_factory=set)
    values: dict[str, Any] = field(default_factory=dict)


class _FormParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._is_open = False
        self._select = self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(found.get("method", "get").lower(), found.get("action", "")))
            self._is_open = True
        if not self._is_open:
            return
        name = found.get("name", "")
        if name:
            self.forms[-1].names.add(name)
        if tag == "input" and name and found.get("type") not in ("submit", "image", "file"):
            ticked = "checked" in found if found.get("type") in ("checkbox", "radio") else True
            if ticked:
                self._add(name, found.get("value", "on" if found.get("type") == "checkbox" else ""))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in found:
            self._add(self._select, found.get("value", ""))
        elif tag == "textarea":
            self._textarea = name
            self._add(name, "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_open = False
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea and self._is_open:
            values = self.forms[-1].values
            # The line break after the tag is not part of the text.
            values[self._textarea] = values[self._textarea] + data if values[self._textarea] else data.lstrip("\r\n")

    def _add(self, name: str, value: str) -> None:
        """Values of a name that occurs several times become a list, as they are sent."""
        values = self.forms[-1].values
        if name in values:
            before = values[name]
            values[name] = [*(before if isinstance(before, list) else [before]), value]
        else:
            values[name] = value


def forms_of(html: str) -> list[Form]:
    parser = _FormParser()
    parser.feed(html)
    return parser.forms


def form_for(html: str, names: Iterable[str], action: str = "") -> Form:
    """The first form that has these names, and is sent by POST to the address that ends so.

    Raises `LookupError` where there is none.
    """
    for form in forms_of(html):
        if form.method == "post" and form.action.endswith(action) and form.names.issuperset(names):
            return form
    raise LookupError(f"The page has no form with {', '.join(names) or 'anything'} to {action or 'itself'}.")
