"""Each app's migrations from nothing to its newest one, and create, read, update and delete with its main models."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.third_party.apps import NAMES

# One process migrates all apps: a worker of pytest-xdist makes it, not each of them.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("third_party")]

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def problems() -> dict[tuple[str, str], str]:
    """What went wrong by step and app, empty where nothing did. All apps are in one project."""
    command = [sys.executable, "-m", "tests.third_party"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    steps = [json.loads(line) for line in run.stdout.splitlines()]
    assert steps, run.stderr
    return {(step["step"], step["app"]): step["problem"] for step in steps}


@pytest.mark.parametrize("step", ["migrate", "use"])
@pytest.mark.parametrize("app", NAMES)
def test_its_migrations_run_and_its_models_work(problems: dict[tuple[str, str], str], app: str, step: str) -> None:
    assert problems[step, app] == ""


def test_nothing_is_left_to_migrate(problems: dict[tuple[str, str], str]) -> None:
    assert problems["migrate", "the rest"] == ""
    assert problems["no changes", "the rest"] == ""
