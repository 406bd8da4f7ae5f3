"""What the package imports is what pyproject.toml asks for, and what error messages say to install can be installed."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
REQUIRED = [Requirement(text) for text in PROJECT["dependencies"]]
OPTIONAL = [Requirement(text) for texts in EXTRAS.values() for text in texts]
# Imported by what only a test of a project, or a type checker, uses.
OF_TOOLS = {"pytest", "typing_extensions"}


def modules() -> list[Path]:
    return sorted((ROOT / "django_appwrite_orm").rglob("*.py"))


def imported() -> set[str]:
    """Return the names of the packages of others that the package imports."""
    names = set()
    for module in modules():
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and not node.level:
                names.add(str(node.module).partition(".")[0])
            elif isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
    return names - sys.stdlib_module_names - {"django_appwrite_orm"}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def with_what_they_bring(requirements: list[Requirement]) -> set[str]:
    """Return the names of distributions, and of those that each of them always installs."""
    names = {normal(requirement.name) for requirement in requirements}
    for requirement in requirements:
        needed = map(Requirement, metadata.requires(requirement.name) or [])
        names |= {normal(one.name) for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})}
    return names


def test_every_import_is_required_or_has_an_extra() -> None:
    distributions = metadata.packages_distributions()
    available = with_what_they_bring(REQUIRED) | {normal(requirement.name) for requirement in OPTIONAL}
    missing = {
        name
        for name in imported() - OF_TOOLS
        if not available & {normal(distribution) for distribution in distributions.get(name, [])}
    }
    assert missing == set()
    assert {"django", "appwrite", "django-redis"} <= {requirement.name for requirement in REQUIRED}


def test_messages_name_the_extras() -> None:
    """Each extra is named by an error of what needs it, and by no other form of `pip install`."""
    sources = [module.read_text(encoding="utf-8") for module in modules()]
    said = {command for source in sources for command in re.findall(r"pip install ([^\n\"`]*)", source)}
    named = {match[1] for text in said if (match := re.match(r"'django-appwrite-orm\[(\w+)\]'", text))}
    assert len(named) == len(said)
    assert named == set(EXTRAS)


def test_every_requirement_has_bounds() -> None:
    """The upper one is the next major version, or Django's next series: see docs/internals/dependencies.md."""
    for requirement in [*REQUIRED, *OPTIONAL]:
        assert sorted(specifier.operator for specifier in requirement.specifier) == ["<", ">="], requirement


def test_the_lowest_versions_that_are_tried_are_the_lower_bounds() -> None:
    lines = (ROOT / "tests" / "lowest.txt").read_text(encoding="utf-8").splitlines()
    bounds = {
        f"{requirement.name}=={specifier.version}"
        for requirement in [*REQUIRED, *OPTIONAL]
        for specifier in requirement.specifier
        if specifier.operator == ">="
    }
    assert {line for line in lines if not line.startswith("#")} == bounds


def test_the_classifiers_are_the_versions_that_are_tried() -> None:
    environments = (ROOT / "tox.ini").read_text(encoding="utf-8")
    of_python = re.findall(r"py3(\d+)", environments)
    of_django = re.findall(r"django>=(\d\.\d),<", environments)
    classifiers = PROJECT["classifiers"]
    assert {f"Programming Language :: Python :: 3.{minor}" for minor in of_python} <= set(classifiers)
    assert {one for one in classifiers if one.startswith("Framework :: Django :: ")} == {
        f"Framework :: Django :: {version}" for version in of_django
    }
    (django,) = (requirement for requirement in REQUIRED if requirement.name == "django")
    assert all(f"{version}.9" in django.specifier for version in of_django)
