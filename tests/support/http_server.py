"""A local Appwrite in a process of its own, over HTTP."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


@contextmanager
def running(file: Path) -> Iterator[str]:
    """A server on a free port with its data in `file`; its endpoint."""
    command = [sys.executable, "-m", "django_appwrite_orm.local", "--port", "0", "--database", str(file)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        if not said.startswith("Appwrite endpoint "):
            raise RuntimeError(f"The local Appwrite did not start: {said}")
        yield said.split()[2].rstrip(",")
    finally:
        process.terminate()
        process.communicate()
