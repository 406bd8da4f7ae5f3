"""docs/reference/checks.md lists the ids that the checks can give, no more and no fewer."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import django_appwrite_orm

PACKAGE = Path(django_appwrite_orm.__file__).parent
CATALOGUE = PACKAGE.parent / "docs" / "reference" / "checks.md"


def test_the_catalogue_is_complete() -> None:
    given = {
        found
        for source in PACKAGE.rglob("*.py")
        for found in re.findall(r'"(appwrite(?:_orm)?\.[EW]\d{3})"', source.read_text())
    }
    listed = re.findall(r"^\| `(appwrite(?:_orm)?\.[EW]\d{3})` ", CATALOGUE.read_text(), re.MULTILINE)
    assert len(listed) == len(set(listed))
    assert set(listed) == given


def test_settings_are_documented_with_their_defaults() -> None:
    from django_appwrite_orm.conf.connection_settings import CACHE_OPTIONS, OPTIONS
    from django_appwrite_orm.conf.option import REQUIRED

    text = (PACKAGE.parent / "docs" / "reference" / "settings.md").read_text()
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| [^|]+ \| ([^|]+) \|", text, re.MULTILINE))
    known = {**OPTIONS, **CACHE_OPTIONS}
    assert set(rows) == set(known)
    for key, spec in known.items():
        documented = rows[key].strip("` ")
        if spec.default is REQUIRED:
            assert documented == "required", key
        elif spec.default is not None:
            assert ast.literal_eval(documented) == spec.default, key
