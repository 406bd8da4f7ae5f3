"""Checks of Django's generic views that show or edit a table as if it were a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.urls import URLPattern, get_resolver
from django.views.generic.detail import SingleObjectMixin
from django.views.generic.edit import BaseCreateView, ModelFormMixin

from ..tables import Row


def view_problems() -> Iterator[CheckMessage]:
    """Yield the problems of the generic views in the URLconf, each once."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return
    seen = list[CheckMessage]()
    for pattern in _patterns(get_resolver().url_patterns):
        view = getattr(pattern.callback, "view_class", None)
        options = getattr(pattern.callback, "view_initkwargs", {})
        table = _table_of(view, options)
        new = [] if table is None else [problem for problem in _problems(view, options, table) if problem not in seen]
        seen += new
        yield from new


def _problems(view: Any, options: dict[str, Any], table: type[Row]) -> Iterator[CheckMessage]:
    name, meta = f"{view.__module__}.{view.__qualname__}", table._meta
    if issubclass(view, ModelFormMixin) and not _option(view, options, "form_class"):
        message = f"The view builds a ModelForm for {meta.label}, which is a Table and not a Django model."
        hint = (
            f"Use FormView, with {table.__name__}.objects.create(**form.cleaned_data) in form_valid(); or give it a"
            " form_class that accepts instance= and has a save() method."
        )
        yield Error(message, hint=hint, obj=name, id="appwrite_orm.E060")
    if issubclass(view, BaseCreateView):  # its template shows no row
        return
    own = view.get_context_object_name is not SingleObjectMixin.get_context_object_name
    if not own and not _option(view, options, "context_object_name"):
        message = f"The view's template has the row of {meta.label} only as {{{{ object }}}}."
        hint = f"Set context_object_name = {meta.model_name!r}: Django adds such a name for models only."
        yield Warning(message, hint=hint, obj=name, id="appwrite_orm.W060")


def _table_of(view: Any, options: dict[str, Any]) -> type[Row] | None:
    """Return the table whose row the view shows, or None if its attributes do not name one."""
    if not isinstance(view, type) or not issubclass(view, SingleObjectMixin):
        return None
    queryset = _option(view, options, "queryset")
    model = _option(view, options, "model") or getattr(queryset, "model", None)
    return model if isinstance(model, type) and issubclass(model, Row) else None


def _option(view: Any, options: dict[str, Any], name: str) -> Any:
    return options[name] if name in options else getattr(view, name, None)


def _patterns(patterns: Any) -> Iterator[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        else:
            yield from _patterns(pattern.url_patterns)
