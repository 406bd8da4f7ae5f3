"""The wheel holds the package alone, the sdist all that `tox run` needs, and an index shows both as they are meant."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

from pathspec import GitIgnoreSpec

from tests.packaging.conftest import REPOSITORY, ROOT, Distributions

PACKAGE = "django_appwrite_orm"
# At the root of a checkout, for those who work on the project, beside what .gitignore lists.
OF_CONTRIBUTORS = {
    *(".ci", ".git", ".editorconfig", ".git-blame-ignore-revs", ".gitattributes"),
    ".pre-commit-config.yaml",
}


def files_of_the_project() -> set[str]:
    """Return the files of this checkout, or of this unpacked sdist, without what running and building leave behind."""
    ignored = GitIgnoreSpec.from_lines((ROOT / ".gitignore").read_text(encoding="utf-8").splitlines())
    roots = [path for path in ROOT.iterdir() if path.name not in OF_CONTRIBUTORS and not ignored.match_file(path.name)]
    roots = [path for path in roots if not ignored.match_file(f"{path.name}/")]
    files = [file for root in roots for file in [root, *root.rglob("*")] if file.is_file()]
    names = {file.relative_to(ROOT).as_posix() for file in files}
    return {name for name in names if not ignored.match_file(name)} - {"PKG-INFO"}


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def metadata_of(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_bytes(archive.read(name))


def test_the_files_pass_the_checks_of_the_index(distributions: Distributions) -> None:
    subprocess.run([sys.executable, "-m", "twine", "check", "--strict", *distributions], check=True)
    subprocess.run([sys.executable, "-m", "check_wheel_contents", distributions.wheel], check=True)


def test_the_wheel_has_all_of_the_package_and_nothing_else(distributions: Distributions) -> None:
    names = {name for name in names_in(distributions.wheel) if ".dist-info/" not in name}
    assert names == {name for name in files_of_the_project() if name.startswith(f"{PACKAGE}/")}
    assert f"{PACKAGE}/py.typed" in names
    for folder, suffix in (("templates", ".html"), ("static", ".css"), ("locale", ".mo")):
        assert any(re.match(rf"{PACKAGE}/(?:\w+/)*{folder}/.*\{suffix}$", name) for name in names), folder


def test_the_wheel_has_every_catalogue_in_both_forms(distributions: Distributions) -> None:
    """Django reads the compiled form alone."""
    catalogues = {name for name in names_in(distributions.wheel) if name.endswith(".po")}
    assert {name.removesuffix(".po") + ".mo" for name in catalogues} <= names_in(distributions.wheel)


def test_the_sdist_has_the_project_without_what_is_for_its_contributors_alone(distributions: Distributions) -> None:
    with tarfile.open(distributions.sdist) as archive:
        names = {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}
    assert names == files_of_the_project() | {"PKG-INFO"}


def test_the_index_gets_urls_and_links_that_work_there(distributions: Distributions) -> None:
    metadata = metadata_of(distributions.wheel)
    urls = dict(url.split(", ") for url in metadata.get_all("Project-URL", []))
    assert set(urls) == {"Documentation", "Changelog", "Source", "Issues"}
    assert all(url.startswith(REPOSITORY) for url in urls.values())
    prose = re.sub(r"^```.*?^```$", "", str(metadata.get_payload()), flags=re.DOTALL | re.MULTILINE)
    links = re.findall(r"\]\(([^)\s]+)\)", prose)
    assert len(links) > 5
    assert [link for link in links if not link.startswith("https://")] == []
    of_files = [link.removeprefix(REPOSITORY).split("/", 3) for link in links if link.startswith(REPOSITORY)]
    tag = f"v{metadata['Version']}"
    assert {(kind, at) for _, kind, at, _ in of_files} <= {("blob", tag), ("raw", tag), ("tree", tag)}
    assert [path for *_, path in of_files if not (ROOT / path.partition("#")[0]).exists()] == []
