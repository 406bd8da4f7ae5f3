"""Settings for Django's `runtests.py`: both of its databases in the backend, on the local Appwrite in memory.

`DJANGO_SUITE_ENGINE` names another engine, for a comparison with what fails there.
"""

import os

import django

ENGINE = os.environ.get("DJANGO_SUITE_ENGINE") or "django_appwrite_orm.backend"

if ENGINE == "django_appwrite_orm.backend":
    APPWRITE_ORM = {
        alias: {"ENDPOINT": "local::memory:", "DATABASE_ID": alias, "LOCAL_STRICT": True}
        for alias in ("default", "other")
    }
    DATABASES = {alias: {"ENGINE": ENGINE, "NAME": alias} for alias in APPWRITE_ORM}
else:
    DATABASES = {alias: {"ENGINE": ENGINE} for alias in ("default", "other")}

# As in Django's tests/test_sqlite.py.
SECRET_KEY = "django_tests_secret_key"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
USE_TZ = False
if django.VERSION < (6, 0):
    DEFAULT_AUTO_FIELD = "django.db.models.AutoField"

TEST_RUNNER = "tests.django_suite.recording.RecordingRunner"
