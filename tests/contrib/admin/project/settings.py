"""A site with AppwriteAdmin. Its Appwrite is a server that no test may reach. Run by test_admin.py.

The users and the admin's log are in SQLite, or with SITE_ON_APPWRITE=1 on Appwrite too.
"""

import os

SECRET_KEY = "tests"
USE_TZ = True
TIME_ZONE = "UTC"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django_appwrite_orm",
    "office",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ROOT_URLCONF = "office.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STATIC_URL = "static/"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
APPWRITE_ORM = {
    "default": {
        "ENDPOINT": "https://appwrite.invalid/v1", "PROJECT_ID": "shop", "API_KEY": "key", "DATABASE_ID": "main"
    },
}  # fmt: skip
APPWRITE = {"ENGINE": "django_appwrite_orm.backend", "NAME": "default", "OPTIONS": {"apps": ["office"]}}
DATABASE_ROUTERS = ["django_appwrite_orm.backend.router.AppwriteRouter"]
if os.environ.get("SITE_ON_APPWRITE") == "1":
    DATABASES = {"default": {**APPWRITE, "OPTIONS": {}}}
else:
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}, "appwrite": APPWRITE}
