"""Sites in the process of the test, which a server of Django's shows to the browser.

Their Appwrite is the one in memory. Each request runs in a thread of its own.
"""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management import call_command
from django.test import override_settings
from django.test.testcases import LiveServerThread
from django.utils.csp import CSP

STRICT = {"default-src": [CSP.SELF], "script-src": [CSP.SELF], "style-src": [CSP.SELF], "img-src": [CSP.SELF, "data:"]}
CSP_MIDDLEWARE = "django.middleware.csp.ContentSecurityPolicyMiddleware"


@contextmanager
def serving() -> Iterator[str]:
    """The address of a server of the site that the settings describe, with its static files."""
    server = LiveServerThread("127.0.0.1", StaticFilesHandler, connections_override={})
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.terminate()


@contextmanager
def settings_of(project: Path) -> Iterator[None]:
    """Use the settings of a project, and a strict Content-Security-Policy."""
    own = {name: value for name, value in runpy.run_path(str(project / "settings.py")).items() if name.isupper()}
    own.pop("DATABASES")  # all models are in the one of tests/settings.py
    appwrite = {
        "default": {"ENDPOINT": "local::memory:", "DATABASE_ID": own.pop("APPWRITE_ORM")["default"]["DATABASE_ID"]}
    }
    own["MIDDLEWARE"] = [CSP_MIDDLEWARE, *own["MIDDLEWARE"], "django.middleware.csrf.CsrfViewMiddleware"]
    with override_settings(**own, APPWRITE_ORM=appwrite, SECURE_CSP=STRICT):
        yield


def migrate() -> None:
    """Make the tables of all apps, empty but for what migrations write."""
    call_command("migrate", verbosity=0)
    call_command("migrate_appwrite", verbosity=0)
