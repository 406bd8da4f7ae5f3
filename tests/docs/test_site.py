"""The example of the first page of the site, and its links to Django's documentation."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from django_appwrite_orm.contrib.testing import assert_num_appwrite_requests
from tests.support.guides import EXAMPLE, Guide
from tests.support.pages import DOCS, code_blocks

PAGE = "index.md"


def test_the_model_of_the_first_page_is_that_of_the_guides() -> None:
    [model] = code_blocks("index.md", "python")
    assert f"# shop/models.py\n{model.text}" in [block.text for block in code_blocks(EXAMPLE)]


def test_the_session_of_the_first_page(guide: Guide) -> None:
    [session] = code_blocks("index.md", "pycon")
    examples = doctest.DocTestParser().get_examples(session.text)
    names = {"Product": guide.module("shop.models").Product}
    assert len(examples) == 5
    for example in examples:
        test = doctest.DocTest([example], names, "index.md", None, None, None)
        # One for a write or a read, and none for what the cache has.
        with assert_num_appwrite_requests(0 if "from the cache" in example.source else 1):
            assert doctest.DocTestRunner().run(test, clear_globs=False).failed == 0


def test_features_are_new_in_a_version_of_the_changelog_or_in_the_next_one() -> None:
    """`*New in version 0.2.0.*` is true of released versions, and of one that is still to come."""
    changelog = (DOCS.parent / "CHANGELOG.md").read_text()
    now = tomllib.loads((DOCS.parent / "pyproject.toml").read_text())["project"]["version"]
    named = {
        version
        for page in DOCS.rglob("*.md")
        for version in re.findall(r"\*New in version ([\d.]+)\.\*", page.read_text())
    }
    assert named
    for version in named:
        to_come = "## Unreleased" in changelog and [*map(int, version.split("."))] > [*map(int, now.split("."))]
        assert to_come or re.search(rf"^## \[?{re.escape(version)}\b", changelog, re.MULTILINE)


@pytest.mark.slow
def test_the_site_links_what_django_documents_once_on_a_page(tmp_path: Path) -> None:
    codes = ("DATABASES", "DATABASES", "on_commit()", "transaction.on_commit()", "manage.py migrate", "Nothing")
    page = "# `DATABASES`\n\n" + "\n".join(f"`{code}`" for code in codes)
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "index.md").write_text(page)
    command = [sys.executable, "-m", "sphinx", "-W", "-n", "-q", "-c", DOCS, tmp_path / "source", tmp_path / "site"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    links = re.findall(
        r'href="https://docs.djangoproject.com/en/[\d.]+/(.*?)"', (tmp_path / "site" / "index.html").read_text()
    )
    assert links == [
        "ref/settings/#std-setting-DATABASES",
        "topics/db/transactions/#django.db.transaction.on_commit",
        "ref/django-admin/#django-admin-migrate",
    ]
