"""Run commands of a Django project in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(project: Path, *command: str, **environment: str) -> str:
    """Run it in the project, and return its output. Fails where it did."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "APPWRITE"))}
    inherited |= {"PYTHONPATH": os.pathsep.join([str(ROOT), str(project)]), "DJANGO_SETTINGS_MODULE": "settings"}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=project,
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    return output
