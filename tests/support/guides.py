"""The project of a how-to guide: inside the process of a test, or with tests of its own in another process.

The first is faster. The second, `check_guide`, is for guides with settings that a process can have only once, such as
several databases.
"""

from __future__ import annotations

import io
import logging
import re
import shlex
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings

from django_appwrite_orm import warming
from django_appwrite_orm.registry import registry
from django_appwrite_orm.signals.observers import observers
from tests.support import projects
from tests.support.pages import DOCS, ROOT, CodeBlock, code_blocks, write_files
from tests.support.tables import made_once

# The page with the files that all guides start from.
EXAMPLE = "how-to/index.md"
STEPS = ROOT / "tests" / "docs" / "how_to" / "steps"
_IN_MEMORY = {"ENDPOINT": "local::memory:", "PROJECT_ID": "local", "API_KEY": "local", "DATABASE_ID": "guide"}


@dataclass
class Guide:
    """A guide, whose files are a project that is installed in this process."""

    page: str
    folder: Path

    @property
    def text(self) -> str:
        return (DOCS / self.page).read_text()

    def block(self, containing: str) -> CodeBlock:
        """Return the one block with this text."""
        [block] = [block for block in code_blocks(self.page) if containing in block.text]
        return block

    def module(self, name: str) -> ModuleType:
        return import_module(name)

    def rows(self, name: str, module: str = "shop.models") -> Any:
        """Return the manager of a model or a table of the shop."""
        return getattr(import_module(module), name).objects

    def run(self, containing: str, **names: Any) -> dict[str, Any]:
        """Execute the one block with this text; return its names."""
        self.block(containing).run(names)
        return names

    def get(self, path: str, **headers: str) -> Any:
        """Return the response to a new client, which has no cookies."""
        return Client().get(path, headers=headers)

    def command(self, line: str) -> str:
        """Run a line of the guide, `python manage.py ...`; return its output."""
        shown = [block for block in code_blocks(self.page, "console", "sh") if line in block.text]
        assert shown, f"{self.page} does not show {line}"
        python, manage, *words = shlex.split(line)
        assert (python, manage) == ("python", "manage.py")
        out = io.StringIO()
        call_command(*words, stdout=out, stderr=out, no_color=True)
        return out.getvalue()


@contextmanager
def guide_project(page: str, folder: Path, blocker: Any, **overrides: Any) -> Iterator[Guide]:
    """Install what `startproject` makes, with the files of the example and of a guide.

    Its Appwrite is in memory, and has the tables without rows. `overrides` replace settings of the project.
    `blocker` is pytest-django's `django_db_blocker`.
    """
    files = guide_files(page)
    write_project(files, folder)
    tables = [block.text for block in files if block.file in ("shop/models.py", "shop/tables.py")]
    registered, observing = registry.all(), list(observers)
    with ExitStack() as stack:
        stack.enter_context(mock.patch.dict(sys.modules))
        for name in [name for name in sys.modules if name.partition(".")[0] in ("config", "shop")]:
            del sys.modules[name]
        stack.enter_context(mock.patch.object(sys, "path", [str(folder), *sys.path]))
        stack.enter_context(mock.patch.dict(warming._functions, clear=True))
        stack.enter_context(mock.patch.dict(apps.all_models, {"shop": {}}))
        stack.callback(_restore, registered, observing)
        for table in registered:
            registry.discard(table)
        own = _settings() | overrides
        stack.callback(_silence, own.get("LOGGING", {}).get("loggers", ()))
        stack.enter_context(override_settings(**own))
        stack.enter_context(blocker.unblock())
        stack.callback(connection.close)
        made_once(_migrate, *tables)
        yield Guide(page, folder)


def check_guide(name: str, folder: Path, blocks: list[CodeBlock] | None = None, *, steps: str | None = None) -> None:
    """Make a project of these blocks, or all of the guide, and run the tests in steps/<guide>.py there.

    `steps` names another file of tests. All of them have to run.
    """
    blocks = code_blocks(f"how-to/{name}.md") if blocks is None else blocks
    write_project([block for block in blocks if block.file], folder)
    text = (STEPS / f"{steps or name.replace('-', '_')}.py").read_text()
    (folder / "steps.py").write_text(text)
    output = projects.run(
        folder, "manage.py", "test", "-v2", "--pattern=steps.py", DJANGO_SETTINGS_MODULE="config.settings"
    )
    number = len(re.findall(r"^    (?:async )?def test_", text, re.MULTILINE))
    assert f"Ran {number} test" in output, output
    assert "skipped" not in output


def guide_files(page: str) -> list[CodeBlock]:
    """Return the blocks of the example and of a guide that are files."""
    return [block for each in dict.fromkeys((EXAMPLE, page)) for block in code_blocks(each) if block.file]


def write_project(files: list[CodeBlock], folder: Path) -> None:
    """Write what `startproject` makes, and the files of pages: those of the new project get theirs at the end."""
    call_command("startproject", "config", folder)
    for block in {block.file: block for block in files}.values():
        path = folder / str(block.file).lstrip("/")
        started = path.read_text() if path.exists() else ""
        write_files([one for one in files if one.file == block.file], folder)
        path.write_text(started + path.read_text())
        if path.suffix == ".py" and path.parent != folder:
            (path.parent / "__init__.py").touch()


def _settings() -> dict[str, Any]:
    """Return the settings of the project, with its Appwrite in memory. The tests have the same DATABASES."""
    found = {name: value for name, value in vars(import_module("config.settings")).items() if name.isupper()}
    assert found.pop("DATABASES")["default"]["ENGINE"] == "django_appwrite_orm.backend"
    connections = {alias: {**given, **_IN_MEMORY} for alias, given in found["APPWRITE_ORM"].items()}
    return found | {
        "APPWRITE_ORM": connections,
        "DEBUG": False,
        "ALLOWED_HOSTS": ["testserver"],
    }


def _migrate() -> None:
    """Make the tables; those of Django's own apps are the same for all guides."""
    made_once(lambda: call_command("migrate", verbosity=0), *settings.INSTALLED_APPS)
    call_command("migrate", "shop", run_syncdb=True, verbosity=0)
    call_command("migrate_appwrite", verbosity=0)


def _silence(loggers: Iterable[str]) -> None:
    """Take back what Django has configured for the setting LOGGING, which it does not do itself."""
    for name in loggers:
        logger = logging.getLogger(name)
        logger.setLevel(logging.NOTSET)
        logger.handlers.clear()


def _restore(registered: list[Any], observing: list[Any]) -> None:
    observers[:] = observing
    for table in registry.all():
        registry.discard(table)
    for table in registered:
        registry.add(table)
