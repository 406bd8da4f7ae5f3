"""Settings of the test suite: the local Appwrite in memory, a cache in memory."""

SECRET_KEY = "tests"
USE_TZ = True
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
INSTALLED_APPS = ["django.contrib.sessions", "django_appwrite_orm", "tests.library"]
ROOT_URLCONF = "tests.urls"
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "tests"},
    "other": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "other"},
}
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
APPWRITE_ORM = {
    "default": {"ENDPOINT": "local::memory:", "DATABASE_ID": "library"},
}
