"""A site whose tables are in the admin. Run by test_admin.py.

The users are in SQLite, or with SITE_ON_APPWRITE=1 on Appwrite too. The admin looks for the models of tables before
`django_appwrite_orm` has registered the tables.
"""

import os

from tests.support.site_settings import *  # noqa: F403
from tests.support.site_settings import APPWRITE, INSTALLED_APPS, SQLITE

TIME_ZONE = "UTC"
INSTALLED_APPS = [*INSTALLED_APPS, "rest_framework", "store", "django_appwrite_orm"]
ROOT_URLCONF = "store.urls"
if os.environ.get("SITE_ON_APPWRITE") == "1":
    DATABASES = {"default": APPWRITE}
else:
    DATABASES = {"default": SQLITE, "appwrite": APPWRITE}
    DATABASE_ROUTERS = ["django_appwrite_orm.backend.router.AppwriteRouter"]
