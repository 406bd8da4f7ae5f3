"""The demonstration itself, run as its users run it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MANAGE = Path(__file__).parents[2] / "example_project" / "manage.py"


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("APPWRITE_", "DJANGO_"))}
    inherited["PYTHONPATH"] = os.pathsep.join([str(MANAGE.parents[1]), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, str(MANAGE), *arguments]
    return subprocess.run(
        command, env={**inherited, **environment}, capture_output=True, text=True, check=False, timeout=300
    )


def test_the_system_checks_find_nothing_wrong() -> None:
    done = manage("check", "--fail-level", "WARNING")
    assert (done.returncode, done.stdout) == (0, "System check identified no issues (0 silenced).\n"), done.stderr


def test_half_an_account_is_told_of() -> None:
    done = manage("check", APPWRITE_ENDPOINT="https://cloud.appwrite.io/v1", APPWRITE_API_KEY="very-secret")
    assert done.returncode != 0
    assert "PROJECT_ID is missing" in done.stderr
    assert "very-secret" not in done.stderr + done.stdout


@pytest.mark.slow
def test_check() -> None:
    done = manage("demo", "--check")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert any(line.startswith("POST /products") and " 201 " in line for line in lines)
    after = [line for line in lines[lines.index(next(li for li in lines if li.startswith("POST"))) :] if "GET" in line]
    assert "X-Cache-Status: MISS" in after[0]
    assert "X-Cache-Status: HIT" in after[1]
    assert lines[-1].startswith("All is well")
