"""A site without a SQL database: its data lives in Appwrite, the local one unless the environment names another.

APPWRITE_ENDPOINT, APPWRITE_PROJECT_ID and APPWRITE_API_KEY lead to a real Appwrite, APPWRITE_DATABASE_ID to
another database in it; REDIS_URL to a cache that several processes share; DEBUG=0 leaves the developer's mode.
"""

from os import environ
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = environ.get("SECRET_KEY", "no secret: this site runs on one's own machine")
DEBUG = environ.get("DEBUG", "1") == "1"
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

INSTALLED_APPS = [
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django_appwrite_orm",
    "shop",
    "airports",
    "demo",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django_appwrite_orm.web.AppwriteCacheMiddleware",  # before what sets cookies, as it has to see them
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
TIME_ZONE = "UTC"

if "REDIS_URL" in environ:
    CACHES = {
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": environ["REDIS_URL"],
            # Text only: a cache that unpickles runs what others have put there.
            "OPTIONS": {"SERIALIZER": "django_redis.serializers.json.JSONSerializer"},
        }
    }
else:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            # Django's 300 would soon be full, and a third of the entries is then thrown out, tokens included.
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        }
    }

# The local Appwrite needs neither project nor key; where another is named, the system checks tell what is missing.
_account = {key: environ[f"APPWRITE_{key}"] for key in ("PROJECT_ID", "API_KEY") if f"APPWRITE_{key}" in environ}
APPWRITE_ORM = {
    "default": {
        "ENDPOINT": environ.get("APPWRITE_ENDPOINT", "local:"),
        "DATABASE_ID": environ.get("APPWRITE_DATABASE_ID", "example"),
        "WARM_ON_START": True,
        **_account,
    }
}
