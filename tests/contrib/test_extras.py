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
