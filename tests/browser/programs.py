"""The browser of these tests: Chromium, or Chrome, and the chromedriver that belongs to it.

Both are looked for on PATH, or are the files that CHROME_BIN and CHROMEDRIVER name. `python -m tests.browser.install`
installs Debian's packages where they are missing. Needs the standard library alone.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import NamedTuple

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# The fonts are only recommended by them.
PACKAGES = ("chromium", "chromium-driver", "fonts-dejavu-core", "fonts-liberation")
HELP = (
    f"Install them: `apt-get install {' '.join(PACKAGES)}` on Debian; on other systems Chromium or Chrome, and the"
    " chromedriver of the same version. They are looked for on PATH; CHROME_BIN and CHROMEDRIVER name files elsewhere."
)


class Programs(NamedTuple):
    """The files of a browser and of its driver."""

    browser: str
    driver: str


class ProgramsMissing(Exception):
    """There is no browser, no driver, or none that belong together; says what to install."""


def find() -> Programs:
    """Return a browser and the driver of its version. Raises ProgramsMissing."""
    driver = _named("CHROMEDRIVER") or shutil.which("chromedriver")
    if driver is None:
        raise ProgramsMissing(f"The browser tests need chromedriver, which is not on PATH. {HELP}")
    own = _named("CHROME_BIN")
    browsers = [own] if own else [path for path in map(shutil.which, BROWSERS) if path]
    if not browsers:
        raise ProgramsMissing(f"The browser tests need Chromium or Chrome, and neither is on PATH. {HELP}")
    versions = {browser: major_version(browser) for browser in browsers}
    for browser, version in versions.items():
        if version == major_version(driver):
            return Programs(browser, driver)
    versions[driver] = major_version(driver)
    listed = ", ".join(f"{path} has version {version}" for path, version in versions.items())
    raise ProgramsMissing(f"The browser and its driver must have the same version: {listed}. {HELP}")


def major_version(program: str) -> str:
    """Return the first number of the version that a program prints. Raises ProgramsMissing where it prints none."""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    version = re.search(r"(\d+)\.\d+", done.stdout)
    if version is None:
        raise ProgramsMissing(f"{program} --version printed no version: {done.stdout + done.stderr}. {HELP}")
    return version[1]


def _named(variable: str) -> str | None:
    """Return the file that a variable of the environment names. Raises ProgramsMissing where there is no such file."""
    path = os.environ.get(variable)
    if not path:
        return None
    if not os.access(path, os.X_OK):
        raise ProgramsMissing(f"{variable} names {path}, which is not a program. {HELP}")
    return path
