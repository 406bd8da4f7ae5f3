"""Detect whether tests run in this process."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from django.core.management import ManagementUtility

# Set by pytest from its start to its end (8.2 and later) and during each test, and by `note_test_command`. Child
# processes inherit all of them.
_PYTEST = "PYTEST_VERSION"
_PYTEST_TEST = "PYTEST_CURRENT_TEST"
_COMMAND = "APPWRITE_ORM_TEST_RUN"
_VARIABLES = (_PYTEST, _PYTEST_TEST, _COMMAND)


# The store of tests: no server but this one, of its own version, and no other services, whatever else is set.
OF_TEST_STORE = {
    "ENDPOINT": "local::memory:",
    "PROJECT_ID": "local",
    "API_KEY": "local",
    "SERVER_VERSION": "",
    "AUTO_MIGRATE": False,
    "CHANNEL_URL": "",
}
# What a connection of a test has unless its settings say otherwise.
USUAL_IN_TEST_STORE = {"LOCAL_STRICT": True}

# Programs whose first argument is a management command.
_MANAGE = {"manage.py", "django-admin"}
_UNITTEST = "unittest.__main__"


class _Seen:
    """What is known of this process.

    `ever` is whether it has been a test run. Threads that tests start may go on after it. `variables` is whether the
    environment may name a test run: every use of a connection looks, and to look there takes longer than a dict.
    """

    ever = False
    variables = any(name in os.environ for name in _VARIABLES)


def note_test_command() -> None:
    """Count this process and its children as a test run if `manage.py test` or `python -m unittest` started it.

    Django's test environment is set up later, or not at all.
    """
    if _is_management_test() or _started_module() == _UNITTEST:
        os.environ[_COMMAND] = "1"
        _Seen.variables = True


def _started_module() -> str | None:
    """Return the module of `python -m`; for a package with the submodule that is run."""
    return getattr(getattr(sys.modules.get("__main__"), "__spec__", None), "name", None)


def _is_management_test() -> bool:
    """Whether the first argument is Django's command `test`; other scripts may have such an argument too."""
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
    """Whether tests run here, or did and this thread may be one that they started.

    Tests run under pytest, `manage.py test` or `python -m unittest`, or after `setup_test_environment()`, which every
    runner for Django calls in each of its processes.
    """
    if _tests_run():
        _Seen.ever = True
        return True
    return _Seen.ever and not _in_main_thread()


def _tests_run() -> bool:
    if (_Seen.variables or "_pytest" in sys.modules) and any(name in os.environ for name in _VARIABLES):
        return True
    utils = sys.modules.get("django.test.utils")  # not imported for this: production does without django.test
    return utils is not None and hasattr(utils._TestState, "saved_data")


def _in_main_thread() -> bool:
    """Whether this is the main thread, before the interpreter's end, where `atexit` functions run."""
    main = threading.main_thread()
    return main.is_alive() and threading.current_thread() is main
