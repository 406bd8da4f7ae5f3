"""Spans of OpenTelemetry for reads, writes and their requests: `instrument()` once, as in the `ready()` of an app.

Names and attributes follow the semantic conventions for database and HTTP clients. No span has a value of a column, the
id of a row, a message of an error, a key or a token.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from ..plans import Request
from ..signals.observers import Activity, observers
from .plan_texts import PlanTexts, operation_of, tables_of

try:
    from opentelemetry import trace
    from opentelemetry.trace import Span, SpanKind, Status, StatusCode, TracerProvider
    from opentelemetry.util.types import AttributeValue
except ModuleNotFoundError as error:
    raise ImproperlyConfigured(
        "django_appwrite_orm.contrib.opentelemetry needs opentelemetry-api:"
        " pip install 'django-appwrite-orm[opentelemetry]'"
    ) from error

# The paths that are shown: those of rows, with `?` for the ids.
_ROWS = re.compile(r"/tablesdb/[^/]+/tables/[^/]+/rows")


class _Spans:
    """The observer that begins and ends spans."""

    def __init__(self, provider: TracerProvider | None) -> None:
        self._tracer = trace.get_tracer("django_appwrite_orm", tracer_provider=provider)
        self._texts = PlanTexts()
        self._open: dict[Activity, Span] = {}

    def began(self, activity: Activity) -> None:
        if activity.kind in ("statement", "invalidation"):
            return
        is_request = activity.kind == "request"
        name, attributes = self._request(activity) if is_request else self._database(activity)
        outer = activity.parent
        while outer is not None and outer not in self._open:
            outer = outer.parent
        parent = None if outer is None else trace.set_span_in_context(self._open[outer])
        self._open[activity] = self._tracer.start_span(name, parent, SpanKind.CLIENT, attributes)

    def ended(self, activity: Activity) -> None:
        span = self._open.pop(activity, None)
        if span is None:  # it began before `instrument()`
            return
        if activity.kind == "request":
            self._end_request(span, activity)
        else:
            self._end_database(span, activity)
        if activity.error is not None:
            span.set_attribute("error.type", type(activity.error).__name__)
            span.set_status(Status(StatusCode.ERROR))
        span.end()

    def _database(self, activity: Activity) -> tuple[str, dict[str, AttributeValue]]:
        operation, tables = operation_of(activity.subject), tables_of(activity.subject)
        attributes: dict[str, AttributeValue] = {
            "db.system.name": "appwrite",
            "db.operation.name": operation,
            "appwrite.connection": activity.using.partition(" as ")[0],
        }
        name = operation
        if tables:
            name = f"{operation} {tables[0].table}"
            attributes |= {"db.namespace": tables[0].database, "db.collection.name": tables[0].table}
        if activity.kind != "commit":
            attributes["db.query.text"] = self._texts.of(activity.subject, bare=True)
        changes = activity.subject.length if activity.kind == "commit" else _size(activity.subject)
        if changes > 1:
            attributes["db.operation.batch.size"] = changes
        attributes["db.query.summary"] = name
        return name, attributes

    def _end_database(self, span: Span, activity: Activity) -> None:
        if activity.kind == "read" and activity.status:
            span.set_attribute("appwrite.cache.status", activity.status.lower())
        if activity.kind == "read" and activity.rows is not None:
            span.set_attribute("db.response.returned_rows", activity.rows)
        statement = activity.within("statement")
        if statement is not None and (strategy := statement.subject.notes.get("strategy")):
            span.set_attribute("appwrite.strategy", str(strategy))

    def _request(self, activity: Activity) -> tuple[str, dict[str, AttributeValue]]:
        request: Request = activity.subject
        attributes: dict[str, AttributeValue] = {"http.request.method": request.method}
        server = urlsplit(activity.using)
        if server.hostname:
            attributes["server.address"] = server.hostname
            attributes["server.port"] = server.port or (443 if server.scheme == "https" else 80)
        if not _ROWS.match(request.path):
            return request.method, attributes
        method, _, template = self._texts.of(request, bare=True).partition(" ")
        attributes["url.template"] = template
        return f"{method} {template}", attributes

    def _end_request(self, span: Span, activity: Activity) -> None:
        if not activity.status:
            return
        status = int(activity.status)
        span.set_attribute("http.response.status_code", status)
        if status >= 400 and not (status == 404 and activity.subject.absent):
            span.set_attribute("error.type", activity.status)
            span.set_status(Status(StatusCode.ERROR))


def _size(subject: Any) -> int:
    """Return the number of changes that are sent together."""
    return len(subject) if isinstance(subject, tuple) else len(getattr(subject, "rows", ()))


_instrumented: list[_Spans] = []


def instrument(tracer_provider: TracerProvider | None = None) -> None:
    """Make spans from now on, with this provider or the global one. Raises ImproperlyConfigured the second time."""
    if _instrumented:
        raise ImproperlyConfigured("instrument() was called before: it is called once, as in the ready() of an app.")
    spans = _Spans(tracer_provider)
    _instrumented.append(spans)
    observers.append(spans)


def uninstrument() -> None:
    """Make no more spans."""
    while _instrumented:
        observers.remove(_instrumented.pop())
