"""Settings that test projects with an admin have in common. Their Appwrite is a server that no test may reach.

A project imports all of them, and adds its apps, its URLs and its databases.
"""

SECRET_KEY = "tests" * 10
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "static/"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
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
SQLITE = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
APPWRITE = {"ENGINE": "django_appwrite_orm.backend", "NAME": "default"}
