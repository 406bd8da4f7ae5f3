"""Settings of the test suite: the local Appwrite in memory, a cache in memory.

With APPWRITE_TEST_ENDPOINT, APPWRITE_TEST_PROJECT_ID and APPWRITE_TEST_API_KEY in the environment the tests of rows
and queries run on that server instead (`pytest tests/querysets`). Give them a project of its own: they delete and
create the database `library` in it, for each test.

The local Appwrite is strict: it has the defects of a real server, so that the tests hold the client to them.
APPWRITE_TEST_STRICT=0 runs everything on the safe one; a single test takes the fixture `safe_appwrite`.
"""

import os

SECRET_KEY = "tests"
USE_TZ = True
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
INSTALLED_APPS = ["django.contrib.sessions", "django_appwrite_orm", "tests.support.library", "tests.backend.shop"]
DATABASES = {"default": {"ENGINE": "django_appwrite_orm.backend", "NAME": "default"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "tests.urls"
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "tests"},
    "other": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "other"},
}
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
# Of tests/contrib/toolbar alone, which install the app. Its receivers of changed settings need its models.
STATIC_URL = "static/"
DEBUG_TOOLBAR_PANELS = ["django_appwrite_orm.contrib.toolbar.AppwritePanel"]
DEBUG_TOOLBAR_CONFIG = {"IS_RUNNING_TESTS": False}
APPWRITE_ORM = {
    "default": {
        "ENDPOINT": "local::memory:",
        "DATABASE_ID": "library",
        "LOCAL_STRICT": os.environ.get("APPWRITE_TEST_STRICT", "1") != "0",
    },
}
if "APPWRITE_TEST_ENDPOINT" in os.environ:
    for key in ("ENDPOINT", "PROJECT_ID", "API_KEY"):
        APPWRITE_ORM["default"][key] = os.environ[f"APPWRITE_TEST_{key}"]
