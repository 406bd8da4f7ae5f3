"""npm packages: their installation into the folder of the runs, and scripts of this folder that use them on node."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from .. import ROOT

HERE = Path(__file__).parent
FOLDER = ROOT / "build" / "benchmarks" / "npm"
# The version of each package, as a package manager would keep it for a project.
PACKAGES = {"appwrite-orm": "0.6.0"}
# Seconds for the installation.
PATIENCE = 120


@cache
def missing(package: str) -> str | None:
    """Install `package` where that is not done yet; return the reason if it cannot be used."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return f"{package} is an npm package: install Node.js 18 or later, with npm"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs would install into each other's files
        return None if installed(package) == PACKAGES[package] else _failure_of_installing(package)


def _failure_of_installing(package: str) -> str | None:
    command = ["npm", "install", "--prefix", str(FOLDER), "--no-audit", "--no-fund", "--ignore-scripts"]
    try:
        done = subprocess.run(
            [*command, f"{package}@{PACKAGES[package]}"], capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return f"npm did not install {package} in {PATIENCE} s: see whether its registry can be reached"
    if done.returncode:
        last = (done.stderr.strip() or "no message").splitlines()[-1]
        return f"npm does not install {package}: {last}"
    return None


def installed(package: str) -> str | None:
    """The version of `package` in the folder of the runs; None if it is not there."""
    description = FOLDER / "node_modules" / package / "package.json"
    return str(json.loads(description.read_text(encoding="utf-8"))["version"]) if description.exists() else None


class Script:
    """A process of node that writes a line of JSON when it is ready, and one for each command, also a line of JSON."""

    def __init__(self, name: str, *arguments: str) -> None:
        self.name = name
        self._process = subprocess.Popen(
            ["node", str(HERE / name), str(FOLDER), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._read()

    @property
    def pid(self) -> int:
        return self._process.pid

    def run(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Carry out a command of the script. Raises RuntimeError with its error."""
        assert self._process.stdin is not None
        print(json.dumps({"command": command, **arguments}), file=self._process.stdin, flush=True)
        found = self._read()
        if "error" in found:
            raise RuntimeError(f"{self.name}, {command}: {found['error']}")
        return found

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} has ended; its error is above.")
        return dict(json.loads(line))

    def close(self) -> None:
        self._process.communicate()


@contextmanager
def running(name: str, *arguments: str) -> Iterator[Script]:
    """A script of this folder, which ends with the block."""
    script = Script(name, *arguments)
    try:
        yield script
    finally:
        script.close()


@dataclass(frozen=True)
class OnNode:
    """A cell whose times the script has measured: `wall` and `cpu`, in seconds."""

    script: Script
    command: str
    arguments: dict[str, Any] = field(default_factory=dict)

    def measure(self) -> dict[str, float]:
        found = self.script.run(self.command, **self.arguments)
        return {clock: float(found[clock]) for clock in ("wall", "cpu")}
