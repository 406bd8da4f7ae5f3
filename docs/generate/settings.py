"""Settings under which all public modules can be imported."""

from tests.settings import *  # noqa: F403 - the settings of the tests, and a few apps more
from tests.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    *_APPS,
]
