"""A panel for Django Debug Toolbar: what a request read and wrote, from where, and in what time.

`DEBUG_TOOLBAR_PANELS = [..., "django_appwrite_orm.contrib.toolbar.AppwritePanel"]`. See
docs/reference/observability.md.
"""

from .panel import AppwritePanel

__all__ = ["AppwritePanel"]
