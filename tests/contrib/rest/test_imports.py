"""Importing the package: without DRF it says what to install, and DRF may import it by its settings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
SETTINGS = """
from django.conf import settings
settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework", "django_appwrite_orm"],
    APPWRITE_ORM={"default": {"ENDPOINT": "local::memory:", "DATABASE_ID": "main"}},
    DATABASES={"default": {"ENGINE": "django_appwrite_orm.backend", "NAME": "default"}},
    REST_FRAMEWORK={
        "EXCEPTION_HANDLER": "django_appwrite_orm.contrib.rest.exception_handler",
        "DEFAULT_PAGINATION_CLASS": "django_appwrite_orm.contrib.rest.KeysetPagination",
        "PAGE_SIZE": 50,
    },
)
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)


def test_without_drf_the_error_names_the_extra() -> None:
    result = run("import sys\nsys.modules['rest_framework'] = None\nimport django_appwrite_orm.contrib.rest")
    assert result.returncode == 1
    assert "needs Django REST framework: pip install 'django-appwrite-orm[rest]'" in result.stderr.splitlines()[-1]


def test_the_settings_of_drf_may_name_its_parts_whatever_is_imported_first() -> None:
    for first in ("rest_framework.generics", "rest_framework.views", "django_appwrite_orm.contrib.rest"):
        code = f"import django\ndjango.setup()\nimport {first}\nfrom rest_framework import generics\n"
        result = run(f"{SETTINGS}{code}print(generics.GenericAPIView.pagination_class.__name__)")
        assert (result.stdout, result.stderr) == ("KeysetPagination\n", "")
