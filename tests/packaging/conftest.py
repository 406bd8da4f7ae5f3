"""The wheel and the sdist, built once as for a release."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
REPOSITORY = "https://git.example/team/django-appwrite-orm"


class Distributions(NamedTuple):
    wheel: Path
    sdist: Path

    @property
    def folder(self) -> Path:
        return self.wheel.parent


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    """Built in an environment of their own, the wheel from the sdist, which therefore has all that it needs."""
    folder = tmp_path_factory.mktemp("dist")
    environment = os.environ | {"PROJECT_REPOSITORY": REPOSITORY}
    subprocess.run([sys.executable, "-m", "build", "--outdir", folder, ROOT], env=environment, check=True)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return Distributions(wheel, sdist)
