"""Modules of contrib whose library is missing say which extra has it."""

from __future__ import annotations

import importlib
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

MODULES = {
    "django_appwrite_orm.contrib.toolbar.panel": ("debug_toolbar.panels", "toolbar"),
    "django_appwrite_orm.contrib.jinja2": ("jinja2", "jinja2"),
    "django_appwrite_orm.contrib.opentelemetry": ("opentelemetry", "opentelemetry"),
    "django_appwrite_orm.contrib.prometheus": ("prometheus_client", "prometheus"),
}


@pytest.mark.parametrize("module", MODULES)
def test_the_error_names_the_extra(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    library, extra = MODULES[module]
    importlib.import_module(module)
    monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ImproperlyConfigured, match=rf"needs .*: pip install 'django-appwrite-orm\[{extra}\]'$"):
        importlib.import_module(module)


def test_the_error_of_tasks_says_which_django_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    module = "django_appwrite_orm.contrib.tasks"
    monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setitem(sys.modules, "django.tasks", None)
    with pytest.raises(ImproperlyConfigured, match=r"needs Django 6\.0 or newer: .*warm_appwrite"):
        importlib.import_module(module)
