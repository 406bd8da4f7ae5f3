"""Start a Chromium that asks no other host and writes nothing but its own temporary folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from tests.browser.programs import find
from tests.support.ports import free_port

ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",  # which root cannot use, nor most containers
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-proxy-server",
    "--force-prefers-reduced-motion",
    "--hide-scrollbars",
    "--lang=en",
    "--window-size=1280,900",
)


@contextmanager
def running(folder: Path) -> Iterator[Chrome]:
    """A browser with its profile in an empty folder. Raises ProgramsMissing where none is installed.

    Selenium is given both programs, so that Selenium Manager, which downloads, is not called.
    """
    programs = find()
    options = ChromeOptions()
    options.binary_location = programs.browser
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in (*ARGUMENTS, f"--user-data-dir={folder / 'profile'}"):
        options.add_argument(argument)
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "LANG": "C.UTF-8"}
    with patch.dict(os.environ, {"no_proxy": "localhost"}):  # where the driver listens
        driver = Chrome(options, ChromeService(programs.driver, port=free_port(), env=environment))
    try:
        yield driver
    finally:
        driver.quit()
