"""Django's caches of whole pages (`cache_page`, UpdateCacheMiddleware), which know nothing of what is written to rows.

They sit nearer to the view than the middleware does, so that no header of ours reaches them in time. What they look at
before they store a page is an attribute of the request, in every version of Django that is supported.
"""

from __future__ import annotations

import logging

from django.http import HttpRequest

logger = logging.getLogger("django_appwrite_orm.web")

# Views of this process for which the log has it already.
_told: set[str] = set()


def keep_out(request: HttpRequest) -> None:
    """Do not let a page cache store the response to this request. Said once a view in the log, where one would."""
    if not getattr(request, "_cache_update_cache", False):
        return
    request._cache_update_cache = False  # type: ignore[attr-defined]
    match = request.resolver_match
    view = request.path if match is None else match.view_name
    if view not in _told:
        _told.add(view)
        logger.warning(
            "%s reads rows (or a thread does while it runs), so that its pages are not stored by Django's page cache"
            " (cache_page, UpdateCacheMiddleware), which would serve them after a change. Use cache_publicly instead.",
            view,
        )
