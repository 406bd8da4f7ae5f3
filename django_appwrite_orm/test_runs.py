"""Which servers a test run may reach: its own, and those that the settings allow it."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from pathlib import Path

from django.conf import settings
from django.core.management import ManagementUtility

from .transport import IN_MEMORY, local_file

# "1" allows every connection: for a whole test run, its child processes included.
ALLOW_ALL = "APPWRITE_ORM_ALLOW_IN_TESTS"
# Set by pytest from its start to its end (8.2 and later) and during each test, and by `note_test_command`. Child
# processes inherit all of them.
_PYTEST = "PYTEST_VERSION"
_PYTEST_TEST = "PYTEST_CURRENT_TEST"
_COMMAND = "APPWRITE_ORM_TEST_RUN"


# Programs whose first argument is a management command.
_MANAGE = {"manage.py", "django-admin"}
_UNITTEST = "unittest.__main__"


class _Seen:
    """Whether this process has been a test run. Threads that tests leave behind go on after it."""

    ever = False


def note_test_command() -> None:
    """Let this process and its children count as a test run from now on, if `manage.py test` or `python -m unittest`
    started it. Django's test environment is set up later, or not at all."""
    if _is_management_test() or _started_module() == _UNITTEST:
        os.environ[_COMMAND] = "1"


def _started_module() -> str | None:
    """What stands after `python -m`, with the submodule that is run where it is a package."""
    return getattr(getattr(sys.modules.get("__main__"), "__spec__", None), "name", None)


def _is_management_test() -> bool:
    """A script of another kind may have "test" as its first argument too."""
    if sys.argv[1:2] != ["test"]:
        return False
    if Path(sys.argv[0]).name in _MANAGE:
        return True
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        if isinstance(frame.f_locals.get("self"), ManagementUtility):
            return True
    return False


def is_test_command() -> bool:
    """Whether this is `manage.py test` or `python -m unittest`, or a child process of them."""
    return _COMMAND in os.environ


def is_test_run() -> bool:
    """Whether tests run here: under pytest, under `manage.py test` or `python -m unittest`, or after
    `setup_test_environment()`, which every runner for Django calls, in each of its processes. After the run: whether
    this thread is one that it may have left behind."""
    if _tests_run():
        _Seen.ever = True
        return True
    return _Seen.ever and not _in_main_thread()


def _tests_run() -> bool:
    if _PYTEST in os.environ or _PYTEST_TEST in os.environ or _COMMAND in os.environ:
        return True
    utils = sys.modules.get("django.test.utils")  # not imported for this: production does without django.test
    return utils is not None and hasattr(utils._TestState, "saved_data")


def _in_main_thread() -> bool:
    """Not while the interpreter waits for the other threads at its end, and runs what was registered with `atexit`."""
    main = threading.main_thread()
    return main.is_alive() and threading.current_thread() is main


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
