"""A site whose tables are in the admin. Its Appwrite is a server that no test may reach. Run by test_admin.py.

The users are in SQLite, or with SITE_ON_APPWRITE=1 on Appwrite too. The admin looks for the models of tables before
`django_appwrite_orm` has registered the tables.
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
    "rest_framework",
    "store",
    "django_appwrite_orm",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ROOT_URLCONF = "store.urls"
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
APPWRITE = {"ENGINE": "django_appwrite_orm.backend", "NAME": "default"}
if os.environ.get("SITE_ON_APPWRITE") == "1":
    DATABASES = {"default": APPWRITE}
else:
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}, "appwrite": APPWRITE}
    DATABASE_ROUTERS = ["django_appwrite_orm.backend.router.AppwriteRouter"]
