"""Warming as a background task, for projects on Django 6.0 and newer: `warm_cache.enqueue(["shop"])`."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured

try:
    from django.tasks import task
except ModuleNotFoundError as error:
    raise ImproperlyConfigured(
        "django_appwrite_orm.contrib.tasks needs Django 6.0 or newer: before that, run manage.py warm_appwrite."
    ) from error

from ..warming import jobs, warm


@task
def warm_cache(labels: Sequence[str] = (), concurrency: int = 1) -> dict[str, str | None]:
    """Warm the jobs that `labels` choose, or all; return the problem of each label, or None.

    A label is an app, a table or model by name, id or label, or a function. Raises LookupError, with advice, for a
    label that chooses no job.
    """
    return {warmed.label: warmed.problem for warmed in warm(jobs(labels=labels), concurrency=concurrency)}
