"""The settings of the site, from the variable SITE: JSON of a `benchmarks.support.shops.Site`."""

import json
import os
from typing import Any

_site: dict[str, Any] = json.loads(os.environ["SITE"])
_on_appwrite = bool(_site["endpoint"])
_peer = _site["peer"]

SECRET_KEY = "benchmarks"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "benchmarks.shop.urls"
CLASSES = _site["classes"]
INSTALLED_APPS = [
    *(["django_appwrite_orm"] if _on_appwrite else []),
    *([_peer] if _peer else []),
    CLASSES.rpartition(".")[0],
]
MIDDLEWARE = [
    *(["django_appwrite_orm.web.AppwriteCacheMiddleware"] if _on_appwrite else []),
    *(["benchmarks.shop.queries.count_queries"] if _peer else []),
    "django.middleware.common.CommonMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [os.path.join(os.path.dirname(__file__), "templates")],  # noqa: PTH118, PTH120
    }
]
DATABASES = {"default": _site["database"]} if _site["database"] else {}
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": _site["redis"],
        "OPTIONS": {
            "CLIENT_CLASS": "django_appwrite_orm.contrib.redis_json.Client",
            "SERIALIZER": "django_appwrite_orm.contrib.redis_json.JSONSerializer",
        }
        if _on_appwrite
        else {},
    }
}
APPWRITE_ORM = {
    "default": {
        "ENDPOINT": _site["endpoint"],
        "PROJECT_ID": "local",
        "API_KEY": "local",
        "DATABASE_ID": "bench",
        # An ETag of tables ends with each TTL: not within a run.
        "CACHE": {"TTL": 86_400},
    }
}
CACHEOPS_REDIS = _site["redis"]
CACHEOPS = {"*.*": {"ops": "all", "timeout": 86_400}}
SILENCED_SYSTEM_CHECKS = ["cachalot.W001"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
