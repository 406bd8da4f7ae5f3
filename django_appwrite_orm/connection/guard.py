"""Refuse connections of a test run to servers that are not the tests' own."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from django.conf import settings

from ..transport import IN_MEMORY, local_file

# "1" allows every connection: for a whole test run, its child processes included.
ALLOW_ALL = "APPWRITE_ORM_ALLOW_IN_TESTS"


def refusal(alias: str, endpoint: str, *, allowed: bool) -> str | None:
    """Return why a test may not use this connection, and what to do about it; None when it may.

    Tests may use the local Appwrite in memory, a file of it in the system's directory for temporary files (outside
    the project), and what ALLOW_IN_TESTS or the environment variable `ALLOW_ALL` names.
    """
    if allowed or os.environ.get(ALLOW_ALL) == "1" or _belongs_to_tests(local_file(endpoint)):
        return None
    return (
        f"APPWRITE_ORM[{alias!r}]: tests run, and this connection leads to {endpoint}, which is not the tests' own. Use"
        " AppwriteTestMixin (also in this test class; call super() first in setUpClass), the pytest fixture"
        " 'appwrite' ('appwrite_class', 'appwrite_module' or 'appwrite_session' for a fixture of that scope), or"
        " clean_appwrite(), all of django_appwrite_orm.contrib.testing: a local Appwrite in memory is used instead."
        " If tests are meant to change what is stored there, set 'ALLOW_IN_TESTS': True in this connection."
    )


def _belongs_to_tests(file: str | None) -> bool:
    if file is None or file == IN_MEMORY:
        return file == IN_MEMORY
    path = Path(file).resolve()
    project = getattr(settings, "BASE_DIR", None)
    if project is not None and path.is_relative_to(Path(project).resolve()):
        return False
    return path.is_relative_to(Path(tempfile.gettempdir()).resolve())
