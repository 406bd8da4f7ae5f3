"""For Django REST framework: keyset pagination, 304 by what a view has read, errors, and serializers of our fields."""

from importlib.util import find_spec

from django.core.exceptions import ImproperlyConfigured

if find_spec("rest_framework") is None:
    raise ImproperlyConfigured(
        "django_appwrite_orm.contrib.rest needs Django REST framework: pip install 'django-appwrite-orm[rest]'"
    )

from .conditional import ConditionalMixin
from .errors import exception_handler
from .pagination import KeysetPagination
from .serializers import ModelSerializer

__all__ = ["ConditionalMixin", "KeysetPagination", "ModelSerializer", "exception_handler"]
