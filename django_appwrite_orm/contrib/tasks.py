"""Warming as a background task, for projects on Django 6.0 and newer: `warm_cache.enqueue(["shop"])`."""

from __future__ import annotations

from collections.abc import Sequence

from django.tasks import task

from ..warming import jobs, warm


@task
def warm_cache(labels: Sequence[str] = (), concurrency: int = 1) -> dict[str, str | None]:
    """Warm what `labels` name (apps, tables by name, id or label, functions), or everything; by label, what went wrong
    or None.

    Raises LookupError, which says what to write, for a label that names nothing.
    """
    return {done.label: done.problem for done in warm(jobs(labels=labels), concurrency=concurrency)}
