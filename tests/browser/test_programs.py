"""Without a browser, the tests and their set-up say what to install; root on Debian has it installed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.browser import install
from tests.browser.programs import HELP, Programs, ProgramsMissing, find


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one folder on PATH, without programs."""
    monkeypatch.setenv("PATH", str(tmp_path))
    for variable in ("CHROME_BIN", "CHROMEDRIVER"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


def program(folder: Path, name: str, script: str) -> str:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return str(file)


def browser(folder: Path, name: str, version: str) -> str:
    return program(folder, name, f"echo {name.title()} {version}.0.8078.114 built on Debian")


def test_the_browser_of_the_drivers_version_is_taken(path: Path) -> None:
    driver = browser(path, "chromedriver", "156")
    browser(path, "chromium", "150")
    chrome = browser(path, "google-chrome", "156")
    assert find() == Programs(chrome, driver)


def test_variables_name_programs_elsewhere(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = path / "elsewhere"
    elsewhere.mkdir()
    named = Programs(browser(elsewhere, "chromium", "156"), browser(elsewhere, "chromedriver", "156"))
    browser(path, "chromium", "150")
    browser(path, "chromedriver", "150")
    monkeypatch.setenv("CHROME_BIN", named.browser)
    monkeypatch.setenv("CHROMEDRIVER", named.driver)
    assert find() == named
    monkeypatch.setenv("CHROME_BIN", str(elsewhere / "chrome"))
    with pytest.raises(
        ProgramsMissing, match=r"CHROME_BIN names .*/elsewhere/chrome, which is not a program\. Install"
    ):
        find()


def test_a_missing_program_is_named_with_what_to_install(path: Path) -> None:
    with pytest.raises(ProgramsMissing, match="need chromedriver, which is not on PATH"):
        find()
    browser(path, "chromedriver", "156")
    with pytest.raises(ProgramsMissing, match=r"need Chromium or Chrome, and neither is on PATH\. Install"):
        find()


def test_versions_that_do_not_belong_together_are_refused(path: Path) -> None:
    browser(path, "chromedriver", "156")
    browser(path, "chromium", "150")
    with pytest.raises(ProgramsMissing, match=r"/chromium has version 150, .*/chromedriver has version 156\. Install"):
        find()
    program(path, "chromium", "echo this is a snap >&2; exit 1")
    with pytest.raises(ProgramsMissing, match=r"chromium --version printed no version: this is a snap"):
        find()


def test_nothing_is_installed_where_both_are_there(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    driver, chromium = browser(path, "chromedriver", "156"), browser(path, "chromium", "156")
    program(path, "apt-get", "exit 1")
    assert install.main() is None
    assert capsys.readouterr().out == f"Browser: {chromium}. Driver: {driver}.\n"


def test_root_has_them_installed(
    path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    program(
        path,
        "apt-get",
        f'echo "$DEBIAN_FRONTEND $*"\nfor name in chromium chromedriver; do\n'
        f'printf "#!/bin/sh\\necho 156.0\\n" > {path}/$name\n/bin/chmod 755 {path}/$name\ndone',
    )
    assert install.main() is None
    assert capfd.readouterr().out.splitlines()[-3:] == [
        "noninteractive --quiet --option Acquire::Retries=3 update",
        "noninteractive --quiet --option Acquire::Retries=3 install --yes --no-install-recommends"
        " chromium chromium-driver fonts-dejavu-core fonts-liberation",
        f"Browser: {path}/chromium. Driver: {path}/chromedriver.",
    ]


def test_an_installation_that_fails_is_reported(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    apt = program(path, "apt-get", "exit 100")
    assert install.main() == f"`{apt} --quiet --option Acquire::Retries=3 update` ended with status 100."
    program(path, "apt-get", "exit 0")
    assert install.main() == f"The browser tests need chromedriver, which is not on PATH. {HELP}"


@pytest.mark.parametrize("user", [0, 1000])
def test_others_are_told_what_to_install(path: Path, monkeypatch: pytest.MonkeyPatch, user: int) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    if user:
        program(path, "apt-get", "exit 100")
    assert install.main() == f"The browser tests need chromedriver, which is not on PATH. {HELP}"
