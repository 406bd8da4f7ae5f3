"""Say whether the rows of a page came from the cache, and read them again on demand."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import connections as databases
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...backend.model_table import table_of
from ...cache import ReadLog, effective_policy
from ...cache import recording as log_reads
from ...plan_execution import invalidate
from ...sansio import run_sync
from ..recording import Recording, recording

# The name of the button that has the rows read again.
RELOAD = "_reload"


@dataclass(frozen=True)
class RowSource:
    """Where the rows of a page came from: the cache, or `requests` to Appwrite.

    `age`: the seconds since they were read from Appwrite, where that is known.
    """

    is_cached: bool
    is_outdated: bool = False
    requests: int = 0
    age: float | None = None

    def __str__(self) -> str:
        if not self.is_cached:
            text = ngettext(
                "Read from Appwrite just now, with %(count)d request.",
                "Read from Appwrite just now, with %(count)d requests.",
                self.requests,
            )
            return text % {"count": self.requests}
        if self.is_outdated:
            return _("From the cache, and perhaps out of date.")
        if self.age is None:
            return _("From the cache.")
        return _("From the cache, read from Appwrite %(age)s ago.") % {"age": _duration(self.age)}


class RowSourceMixin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows on the change list and the form of a change where the rows came from, with a button that reads them again.

    Of rows of other databases nothing is shown.
    """

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Return the change list, with what is known of its rows."""
        if not _is_shown(self.model, request):
            return super().get_changelist_instance(request)
        with _recorded(request, self.model):
            changes = super().get_changelist_instance(request)
            len(changes.result_list)  # they are read now
        return changes

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the row."""
        if not _is_shown(self.model, request):
            return super().get_object(request, object_id, from_field)
        with _recorded(request, self.model):
            return super().get_object(request, object_id, from_field)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the change list, or read its rows again."""
        if RELOAD in request.POST:
            return self._reload(request)
        return _with_source(request, super().changelist_view(request, extra_context))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show the form of a change, or read its row again."""
        if RELOAD in request.POST:
            return self._reload(request)
        return _with_source(request, super().change_view(request, object_id, form_url, extra_context))

    def _reload(self, request: HttpRequest) -> HttpResponse:
        """Drop the cached results that a page may show, and go to the page. Raises PermissionDenied."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        drop_cached(self.model, *(inline.model for inline in self.inlines))
        return HttpResponseRedirect(request.get_full_path())


def drop_cached(*page_models: type[models.Model]) -> None:
    """Drop the cached results of the tables of these models, and of those that their fields lead to."""
    for model in {related for page_model in page_models for related in _related(page_model)}:
        connection: Any = databases[model._default_manager.db]
        if connection.vendor == "appwrite":
            run_sync(invalidate(table_of(model)._meta, connection.appwrite_alias))


def _related(model: type[models.Model]) -> Iterator[type[models.Model]]:
    yield model
    yield from model._meta.get_parent_list()
    for field in (*model._meta.fields, *model._meta.many_to_many):
        if isinstance(field.related_model, type):
            yield field.related_model
    for relation in model._meta.many_to_many:
        yield relation.remote_field.through  # type: ignore[misc]


def _is_shown(model: type[models.Model], request: HttpRequest) -> bool:
    return request.method == "GET" and databases[model._default_manager.db].vendor == "appwrite"


@contextmanager
def _recorded(request: Any, model: type[models.Model]) -> Iterator[None]:
    """Note in the request where the rows that are read inside come from."""
    with recording() as record, log_reads() as log:
        yield
    request.appwrite_row_source = _source_of(model, record, log)


def _source_of(model: type[models.Model], record: Recording, log: ReadLog) -> RowSource | None:
    statuses = {activity.status for activity in record.outermost("read")}
    if not statuses:
        return None
    if statuses <= {"HIT", "STALE"}:
        return RowSource(is_cached=True, is_outdated="STALE" in statuses, age=_age(model, log))
    return RowSource(is_cached=False, requests=len(record.of("request")))


def _age(model: type[models.Model], log: ReadLog) -> float | None:
    """Return the seconds since the oldest result was read; None where its TTL is not that of the table."""
    connection: Any = databases[model._default_manager.db]
    policy = effective_policy(table_of(model)._meta.policy or connection.appwrite.settings.cache.policy)
    age = policy.ttl - (log.expires - time.time())
    return age if 0 <= age <= policy.ttl else None


def _duration(seconds: float) -> str:
    if seconds < 60:
        return ngettext("%(count)d second", "%(count)d seconds", int(seconds)) % {"count": int(seconds)}
    now = timezone.now()
    return timesince(now - timedelta(seconds=seconds), now, depth=1)


def _with_source(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Add what is known of the rows to the context of a page that is not rendered yet."""
    context = getattr(response, "context_data", None)
    if context is not None:
        context["appwrite_row_source"] = getattr(request, "appwrite_row_source", None)
    return response
