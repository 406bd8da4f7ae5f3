"""A site whose models are all on Appwrite. Run by test_tour.py."""

from tests.support.site_settings import *  # noqa: F403
from tests.support.site_settings import APPWRITE, INSTALLED_APPS

TIME_ZONE = "America/Chicago"
INSTALLED_APPS = [
    *INSTALLED_APPS,
    "django.contrib.flatpages",
    "django.contrib.redirects",
    "django.contrib.sites",
    "django_appwrite_orm",
    "django_filters",
    "rest_framework",
    "catalog",
]
ROOT_URLCONF = "catalog.urls"
SITE_ID = 1
DATABASES = {"default": APPWRITE}
REST_FRAMEWORK = {
    "DEFAULT_FILTER_BACKENDS": [
        "django_filters.rest_framework.DjangoFilterBackend",
        "rest_framework.filters.SearchFilter",
        "rest_framework.filters.OrderingFilter",
    ],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 10,
}
