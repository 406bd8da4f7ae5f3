"""A site with AppwriteAdmin. Run by test_admin.py.

The users and the admin's log are in SQLite, or with SITE_ON_APPWRITE=1 on Appwrite too.
"""

import os

from tests.support.site_settings import *  # noqa: F403
from tests.support.site_settings import APPWRITE, INSTALLED_APPS, SQLITE

TIME_ZONE = "UTC"
INSTALLED_APPS = [*INSTALLED_APPS, "django_appwrite_orm", "office", "shelf"]
ROOT_URLCONF = "office.urls"
DATABASE_ROUTERS = ["django_appwrite_orm.backend.router.AppwriteRouter"]
if os.environ.get("SITE_ON_APPWRITE") == "1":
    DATABASES = {"default": APPWRITE}
else:
    DATABASES = {"default": SQLITE, "appwrite": {**APPWRITE, "OPTIONS": {"apps": ["office", "shelf"]}}}
