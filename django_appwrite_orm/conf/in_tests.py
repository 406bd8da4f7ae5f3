"""Which servers a test run may reach: its own, and those that the settings allow it."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from django.conf import settings

from ..transport import IN_MEMORY, local_file

# "1" allows every connection: for a whole test run, its child processes included.
ALLOW_ALL = "APPWRITE_ORM_ALLOW_IN_TESTS"
# Set by pytest (8.2 and later) from its start to its end, and by `mark_test_run`. Child processes inherit both.
_PYTEST = "PYTEST_VERSION"
_COMMAND = "APPWRITE_ORM_TEST_RUN"


def mark_test_run() -> None:
    """Let this process and its children count as a test run, before Django's test environment is set up."""
    os.environ[_COMMAND] = "1"


def is_test_command() -> bool:
    """Whether this is `manage.py test`, or a child process of it."""
    return _COMMAND in os.environ


def is_test_run() -> bool:
    """Whether tests run here: under pytest, under `manage.py test`, or after `setup_test_environment()`, which every
    runner for Django calls, in each of its processes."""
    if _PYTEST in os.environ or _COMMAND in os.environ:
        return True
    utils = sys.modules.get("django.test.utils")  # not imported for this: production does without django.test
    return utils is not None and hasattr(utils._TestState, "saved_data")


def refusal(alias: str, endpoint: str, *, allowed: bool) -> str | None:
    """Why a test may not use this connection, and what to do about it; None when it may.

    Tests may use the local Appwrite in memory, a file of it in the system's directory for temporary files (outside
    the project), and what ALLOW_IN_TESTS or the environment variable `ALLOW_ALL` names.
    """
    if allowed or os.environ.get(ALLOW_ALL) == "1" or _is_of_a_test(local_file(endpoint)):
        return None
    return (
        f"APPWRITE_ORM[{alias!r}]: tests run, and this connection leads to {endpoint}, which is not the tests' own. Use"
        " AppwriteTestMixin (also in this test class; call super() first in setUpClass), the pytest fixture"
        " 'appwrite' ('appwrite_class', 'appwrite_module' or 'appwrite_session' for a fixture of that scope), or"
        " clean_appwrite(), all of django_appwrite_orm.contrib.testing: a local Appwrite in memory is used instead."
        " If tests are meant to change what is stored there, set 'ALLOW_IN_TESTS': True in this connection."
    )


def _is_of_a_test(file: str | None) -> bool:
    if file is None or file == IN_MEMORY:
        return file == IN_MEMORY
    place = Path(file).resolve()
    project = getattr(settings, "BASE_DIR", None)
    if project is not None and place.is_relative_to(Path(project).resolve()):
        return False
    return place.is_relative_to(Path(tempfile.gettempdir()).resolve())
