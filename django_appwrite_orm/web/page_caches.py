"""Keep pages out of Django's page caches (`cache_page`, UpdateCacheMiddleware), which changes of rows do not reach.

They are closer to the view than the middleware, so that its headers come too late for them. Before they store a page
they read an attribute of the request, in every supported version of Django.
"""

from __future__ import annotations

import logging

from django.http import HttpRequest

logger = logging.getLogger("django_appwrite_orm.web")

# Views of this process that have been logged.
_logged: set[str] = set()


def keep_out(request: HttpRequest) -> None:
    """Do not let a page cache store the response to this request. Logged once for each view."""
    if not getattr(request, "_cache_update_cache", False):
        return
    request._cache_update_cache = False  # type: ignore[attr-defined]
    match = request.resolver_match
    view = request.path if match is None else match.view_name
    if view not in _logged:
        _logged.add(view)
        logger.warning(
            "%s reads rows (or a thread does while it runs), so that its pages are not stored by Django's page cache"
            " (cache_page, UpdateCacheMiddleware), which would serve them after a change. Use cache_publicly instead.",
            view,
        )
