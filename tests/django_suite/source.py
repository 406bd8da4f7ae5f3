"""The tests of the installed Django: from its source distribution, for they are not in what pip installs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import django

ROOT = Path(__file__).parents[2]


class SourceError(Exception):
    """The tests of the installed Django are not to be had; the message says what was tried."""


def django_tests() -> Path:
    """Return the folder of Django's `runtests.py`, downloaded where it is not yet there.

    Raises `SourceError`. The folder is kept in tox's working directory, one for each version of Django.
    """
    release = f"django-{django.__version__}"
    cache = Path(os.environ.get("TOX_WORK_DIR") or ROOT / ".tox") / "django-suite"
    tests = cache / release / "tests"
    if not (tests / "runtests.py").is_file():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as place:
            _unpack(_download(Path(place), release), Path(place), release)
            # A folder that is half there is never found under its name; another process may have been faster.
            shutil.rmtree(cache / release, ignore_errors=True)
            (Path(place) / release).rename(cache / release)
    return tests


def _download(place: Path, release: str) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--no-binary", "django", "--dest", str(place), f"django=={django.__version__}"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    archive = place / f"{release}.tar.gz"
    if run.returncode or not archive.is_file():
        raise SourceError(
            f"The tests of Django {django.__version__} were not downloaded by\n{' '.join(command)}\n{run.stderr}"
        )
    return archive


def _unpack(archive: Path, place: Path, release: str) -> None:
    with tarfile.open(archive) as packed:
        wanted = [member for member in packed.getmembers() if member.name.startswith(f"{release}/tests/")]
        packed.extractall(place, wanted, filter="data")
    if not (place / release / "tests" / "runtests.py").is_file():
        raise SourceError(f"{archive.name} has no tests/runtests.py.")
