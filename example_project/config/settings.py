"""A site whose whole data lives in Appwrite, the local one unless the environment names another.

APPWRITE_ENDPOINT, APPWRITE_PROJECT_ID and APPWRITE_API_KEY lead to a real Appwrite, APPWRITE_DATABASE_ID to
another database in it; REDIS_URL to a cache that several processes share; DEBUG=1 turns on Django's debug pages.
"""

from os import environ
from pathlib import Path

import django

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = environ.get("SECRET_KEY", "no secret: this site runs on one's own machine")
DEBUG = environ.get("DEBUG", "0") == "1"
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "django_appwrite_orm",
    "tour",
    "shop",
    "airports",
    "guide",
    "api",
    "together",
    "notes",
    "live",
    "demo",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django_appwrite_orm.web.AppwriteCacheMiddleware",  # before what sets cookies, as it has to see them
    "tour.middleware.BarMiddleware",  # around what reads sessions and users, so that the bar shows these reads too
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
if django.VERSION >= (6, 0):
    MIDDLEWARE.insert(1, "django.middleware.csp.ContentSecurityPolicyMiddleware")
    SECURE_CSP = {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
ROOT_URLCONF = "config.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tour.sections.sections",
                "demo.users.demo_user",
            ]
        },
    }
]
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
TIME_ZONE = "UTC"
# Django looks for a session with the current time, which is a new query each time: its engine `db` alone would be one
# request to Appwrite for each page of a user who is signed in.
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
CSRF_FAILURE_VIEW = "tour.views.csrf_failure"
LOGIN_URL = "admin:login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

if "REDIS_URL" in environ:
    CACHES = {
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": environ["REDIS_URL"],
            # Text only: a cache that unpickles runs what others have put there.
            "OPTIONS": {
                "CLIENT_CLASS": "django_appwrite_orm.contrib.redis_json.Client",
                "SERIALIZER": "django_appwrite_orm.contrib.redis_json.JSONSerializer",
            },
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
    # A cache in the memory of a process sees no changes of other processes. The demo is one process.
    SILENCED_SYSTEM_CHECKS = ["appwrite_orm.W001"]

# The local Appwrite needs neither project nor key; where another is named, the system checks report what is missing.
_account = {key: environ[f"APPWRITE_{key}"] for key in ("PROJECT_ID", "API_KEY") if f"APPWRITE_{key}" in environ}
APPWRITE_ORM = {
    "default": {
        "ENDPOINT": environ.get("APPWRITE_ENDPOINT", "local:"),
        "DATABASE_ID": environ.get("APPWRITE_DATABASE_ID", "example"),
        "WARM_ON_START": True,
        **_account,
    }
}
# Django's models, its users and sessions among them, are kept by the same connection.
DATABASES = {"default": {"ENGINE": "django_appwrite_orm.backend", "NAME": "default"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
