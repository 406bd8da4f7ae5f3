"""A project as a user has it: its Appwrite is a server that no test may reach. Run by test_test_databases.py."""

import os

SECRET_KEY = "tests"
USE_TZ = True
INSTALLED_APPS = ["django_appwrite_orm", "notes"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
SERVER = {"ENDPOINT": "https://appwrite.invalid/v1", "PROJECT_ID": "shop", "API_KEY": "key"}
APPWRITE_ORM = {
    "default": {**SERVER, "DATABASE_ID": "main"},
    "archive": {**SERVER, "DATABASE_ID": "archive"},
    "same": {**SERVER, "DATABASE_ID": "main"},
}
ENGINE = "django_appwrite_orm.backend"
DATABASES = {alias: {"ENGINE": ENGINE, "NAME": alias} for alias in APPWRITE_ORM}
if "NOTES_ENGINE" in os.environ:  # the same tests on another engine
    DATABASES = {alias: {"ENGINE": os.environ["NOTES_ENGINE"]} for alias in ("default", "archive")}
TEST_RUNNER = "runner.Runner"
