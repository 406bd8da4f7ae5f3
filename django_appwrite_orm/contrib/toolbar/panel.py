"""The panel: records while a request is carried out, keeps JSON, renders it from that."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from ...signals.observers import Activity
from ..recording import Recording, recording
from .statistics import FetchTimes, statistics, summary

try:
    from debug_toolbar.panels import Panel
    from debug_toolbar.utils import get_stack_trace, render_stacktrace
except ModuleNotFoundError as error:
    raise ImproperlyConfigured(
        "django_appwrite_orm.contrib.toolbar needs django-debug-toolbar: pip install 'django-appwrite-orm[toolbar]'"
    ) from error

_PACKAGE = str(Path(__file__).parents[2])
_times = FetchTimes()


class AppwritePanel(Panel):
    """Shows the reads and writes of tables and models."""

    title = "Appwrite"
    template = "django_appwrite_orm/toolbar.html"
    is_async = True

    _recording: Recording | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._open = ExitStack()

    @property
    def nav_subtitle(self) -> str:
        """The totals in a few words."""
        totals = self.get_stats().get("totals")  # type: ignore[no-untyped-call]
        return summary(totals) if totals else ""

    def enable_instrumentation(self) -> None:
        """Start to record, in the context of this request."""
        if self._recording is None:
            self._recording = self._open.enter_context(recording(_stack_of))

    def disable_instrumentation(self) -> None:
        """Stop recording."""
        self._open.close()

    def generate_stats(self, request: Any, response: Any) -> None:
        """Keep what was recorded."""
        if self._recording is not None:
            self.record_stats(statistics(self._recording, _times))  # type: ignore[no-untyped-call]


def _stack_of(activity: Activity) -> str:
    """Return where a read, a write or a request comes from, as HTML; empty for what is part of another one."""
    if activity.kind in ("statement", "invalidation") or any(
        activity.within(kind) for kind in ("read", "write", "commit")
    ):
        return ""
    trace = get_stack_trace()  # type: ignore[no-untyped-call]
    frames = [frame for frame in trace if not frame[0].startswith(_PACKAGE)]
    return str(render_stacktrace(frames)) if frames else ""
