"""The site of `tests.hosts`, as each of its hosts runs it; addresses come from the environment."""

from __future__ import annotations

import os

TIMEOUT = 1  # seconds that a request to Appwrite may take

SECRET_KEY = "hosts" * 10
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "tests.hosts.urls"
USE_TZ = True
INSTALLED_APPS = ["django_appwrite_orm", "tests.hosts"]
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": os.environ["REDIS_URL"],
        "OPTIONS": {
            "CLIENT_CLASS": "django_appwrite_orm.contrib.redis_json.Client",
            "SERIALIZER": "django_appwrite_orm.contrib.redis_json.JSONSerializer",
            "SOCKET_CONNECT_TIMEOUT": 0.5,
            "SOCKET_TIMEOUT": 0.5,
        },
    }
}
APPWRITE_ORM = {
    "default": {
        "ENDPOINT": os.environ["APPWRITE_ENDPOINT"],
        "PROJECT_ID": "local",
        "API_KEY": "local",
        "DATABASE_ID": "shop",
        "TIMEOUT": TIMEOUT,
        "RETRIES": 1,
    }
}
