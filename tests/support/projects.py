"""Run commands of a Django project in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.pages import ROOT


def environment_of(project: Path) -> dict[str, str]:
    """Return this process's environment with a project's modules, and without what concerns the test run."""
    foreign = ("PYTEST", "APPWRITE", "DJANGO_SETTINGS_MODULE")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return inherited | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(project)])}


def run(project: Path, *command: str, **environment: str) -> str:
    """Run it in the project, and return its output. Fails where it did."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=project,
        env=environment_of(project) | {"DJANGO_SETTINGS_MODULE": "settings"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    return output
