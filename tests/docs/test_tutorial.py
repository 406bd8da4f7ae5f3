"""The tutorial, followed literally in a virtual environment of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest

from example_project.demo.pages import form_for
from tests.support import redis_server
from tests.support.pages import DOCS, ROOT
from tests.support.tutorial import Differs, Follower

PAGES = sorted(page.name for page in (DOCS / "tutorial").glob("[1-9]-*.md"))
PASSWORD = "foggy-summit-42"
# The variables by which this machine reaches an index of packages.
_OF_PIP = re.compile(r"PIP_|SSL_CERT_|https?_proxy$", re.IGNORECASE)


@pytest.fixture
def follower(tmp_path: Path) -> Iterator[Follower]:
    folder, wheels, tools = tmp_path / "home", tmp_path / "wheels", tmp_path / "bin"
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(wheels), str(ROOT)]
    subprocess.run(build, check=True)
    (wheel,) = wheels.glob("*.whl")
    folder.mkdir()
    tools.mkdir()
    (tools / "redis-server").symlink_to(redis_server.executable())
    (tools / "python3").symlink_to(sys.executable)
    environment = {name: value for name, value in os.environ.items() if _OF_PIP.match(name)} | {
        "NO_PROXY": "127.0.0.1",
        "PATH": f"{tools}:/usr/local/bin:/usr/bin:/bin",
        "PIP_NO_COMPILE": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    with Follower(folder, wheel, environment, PASSWORD) as someone:
        yield someone


def submit(browser: httpx.Client, path: str, **values: str) -> str:
    """Open a page, fill in its form and send it; return the page that follows."""
    return send(browser, path, browser.get(path).text, **values)


def send(browser: httpx.Client, path: str, page: str, **values: str) -> str:
    return browser.post(path, data=form_for(page, values).values | values, headers={"Referer": path}).text


def edit_in_admin(browser: httpx.Client) -> None:
    """What part 2 says to do in the browser."""
    assert "Log out" in submit(browser, "/admin/login/?next=/admin/", username="ada", password=PASSWORD)
    assert "Read from Appwrite just now" in browser.get("/admin/trails/report/").text
    assert "From the cache" in browser.get("/admin/trails/report/").text
    trails = browser.get("/admin/trails/trail/").text
    loop, woods = (re.search(rf'href="([^"]*)">{name}<', trails)[1] for name in ("Lake Loop", "Old Woods"))  # type: ignore[index]
    row = {"reports-2-day": "2026-05-16", "reports-2-condition": "closed"}
    assert "was changed successfully" in submit(browser, loop, **row)
    reports = browser.get("/admin/trails/report/").text
    assert "May 16, 2026" in reports
    assert "Read from Appwrite just now" in reports
    first, second = (browser.get(woods).text for _ in range(2))
    assert "was changed successfully" in send(browser, woods, first, region="East")
    refused = send(browser, woods, second, length="6")
    assert "was changed successfully" not in refused
    assert "East" in refused


def report_on_the_site(browser: httpx.Client) -> None:
    """What part 3 says to do in the browser."""
    page = submit(browser, "/trails/old-woods/report/", day="2026-05-02", condition="dry", text="Fine.")
    assert "Thank you for your report." in page
    assert "Enter a valid date." in submit(browser, "/trails/old-woods/report/", day="never", condition="dry")
    correct = re.search(r'href="(/reports/\d+/)"', page)
    assert correct
    assert "The report was changed." in submit(browser, correct[1], condition="snow")
    assert "<strong>Snow</strong>" in browser.get("/trails/old-woods/").text


def use_the_deployed_site(browser: httpx.Client) -> None:
    """Browsers are sent to HTTPS, and the admin works there, with its styles."""
    assert browser.get("/", follow_redirects=False).headers["Location"].startswith("https://")
    browser.headers |= {"X-Forwarded-Proto": "https", "Referer": "https://127.0.0.1"}
    assert browser.get("/static/admin/css/base.css").headers["Content-Type"].startswith("text/css")
    assert 'href="/static/admin/css/base.css"' in browser.get("/admin/login/").text


BROWSING = {
    "2-admin.md": edit_in_admin,
    "3-pages-and-forms.md": report_on_the_site,
    "6-tests-and-deployment.md": use_the_deployed_site,
}


@pytest.mark.slow
def test_the_tutorial_leads_to_a_deployed_site(follower: Follower) -> None:
    assert f"`{PASSWORD}`" in (DOCS / "tutorial" / "2-admin.md").read_text()
    with httpx.Client(base_url=follower.address(), follow_redirects=True, timeout=60) as browser:
        for page in PAGES:
            follower.follow(f"tutorial/{page}")
            if page in BROWSING:
                BROWSING[page](browser)


# What makes a page fail, on small pages of their own.
WRONG = {
    "output": "```console\n$ echo one\ntwo\n```\n",
    "status": "```console\n$ false\n```\n",
    "command": "```console\n$ no-such-command-here\n```\n",
    "no command": "```console\none\n```\n",
    "kind": "```toml\na = 1\n```\n",
    "no kind": "```\n$ echo one\n```\n",
    "indented": "- ```console\n  $ echo one\n  ```\n",
    "no file": "Create `a.py`:\n\n```python\na = 1\n```\n",
    "another file": "Create `a.py`:\n\n```python\n# b.py\na = 1\n```\n",
    "no instruction": "Look at `a.py`.\n\n```python\n# a.py\na = 1\n```\n",
    "nothing to replace": "Replace the contents of `a.py`:\n\n```python\n# a.py\na = 1\n```\n",
    "twice": "Create `a.py`:\n\n```python\n# a.py\na = 1\n```\n\nCreate `a.py`:\n\n```python\n# a.py\na = 2\n```\n",
    "shell": "```console\n$ python manage.py shell\n```\n",
    "no shell": "```pycon\n>>> 1\n1\n```\n",
    "result": "```console\n$ python manage.py shell\n```\n\n```pycon\n>>> 1\n2\n```\n",
    "server": "```console\n$ echo gunicorn\n```\n",
}
SHELL = "import sys; exec(sys.argv[-1])\n"


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Follower]:
    """Somebody with a manage.py that knows the command `shell -c` alone."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "manage.py").write_text(SHELL)
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    with Follower(folder, tmp_path / "none.whl", {"PATH": path}, PASSWORD) as someone:
        yield someone


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_is_not_so_is_found(reader: Follower, tmp_path: Path, wrong: str) -> None:
    (tmp_path / "page.md").write_text(wrong)
    with pytest.raises(Differs):
        reader.follow(str(tmp_path / "page.md"))


def test_a_page_that_is_right(reader: Follower, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(
        "Create `a.py`:\n\n```python\n# a.py\nA = 1\nB = [\n    2,\n]\n```\n\n"
        "In `a.py`, set `B` and `C`:\n\n```python\n# a.py\nB = [3]\nC = 4\n```\n\n"
        "```console\n$ mkdir x && cd x\n$ cat ../a.py\n# a.py\nA = 1\nB = [3]\n\nC = 4\n"
        "$ date \\\n    +%Y\n2...\n$ cd ..\n```\n\n"
        "```console\n$ python manage.py shell\n```\n\n```pycon\n>>> import a\n>>> a.B, a.C\n([3], 4)\n```\n\n"
        "More:\n\n```pycon\n>>> a.A\n1\n>>> a.D\nTraceback (most recent call last):\n...\nAttributeError: ...\n```\n"
    )
    assert reader.follow(str(tmp_path / "page.md")) == 6
