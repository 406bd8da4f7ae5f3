"""A window of the browser for each test, with nothing left of the test before."""

from __future__ import annotations

import gc
import shutil
import sys
from collections.abc import Iterator

import pytest
from django.contrib import admin
from selenium.webdriver import Chrome

from tests.browser.chromium import running
from tests.browser.window import ARTEFACTS, Window

# What has the URLs of the admin.
ROOTS = ("config.urls", "office.urls")
failed = pytest.StashKey[bool]()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Delete what an earlier run has kept, once for all processes of pytest-xdist."""
    if not hasattr(session.config, "workerinput"):
        shutil.rmtree(ARTEFACTS, ignore_errors=True)


def pytest_sessionfinish() -> None:
    """Show all objects to Hypothesis, where it is installed: it warns of a random generator of trio that is frozen."""
    gc.unfreeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    item.stash[failed] = item.stash.get(failed, False) or report.failed
    return report


@pytest.fixture(autouse=True)
def own_admin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the admin of a project have what that registers, and nothing of the project of another test."""
    monkeypatch.setitem(vars(admin.site), "_wrapped", admin.AdminSite())
    for name, module in list(sys.modules.items()):
        if name in ROOTS or (name.endswith(".admin") and not hasattr(module, "__path__")):
            monkeypatch.delitem(sys.modules, name)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with running(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver


@pytest.fixture
def window(chromium: Chrome, address: str, request: pytest.FixtureRequest) -> Iterator[Window]:
    """A window for the pages of a site. The test fails where the browser has logged errors."""
    window = Window(chromium, address)
    window.resize(1280)
    window.prefer("light")
    chromium.get_log("browser")
    yield window
    if request.node.stash[failed]:
        window.screenshot(f"failed-{request.node.name}")
    window.read_log()
    first, *others = chromium.window_handles
    for handle in others:
        chromium.switch_to.window(handle)
        chromium.close()
    chromium.switch_to.window(first)
    chromium.get("about:blank")
    chromium.execute_cdp_cmd("Network.clearBrowserCookies", {})
    chromium.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": address, "storageTypes": "all"})
    assert window.errors == []
