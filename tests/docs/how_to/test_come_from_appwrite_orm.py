"""The Python side of the guide runs, block after block."""

from __future__ import annotations

import pytest

from tests.support.guides import Guide
from tests.support.pages import code_blocks, commands

PAGE = "how-to/come-from-appwrite-orm.md"


def test_the_calls(guide: Guide, capsys: pytest.CaptureFixture[str]) -> None:
    names = dict(vars(guide.module("shop.tables")))
    calls, bulk, errors, querysets = [block for block in code_blocks(PAGE, "python") if block.file is None]
    calls.run(names)
    assert names["one"].minutes == 156
    assert ([row.title for row in names["found"]], names["n"]) == (["Dune"], 1)
    assert names["movies"].all() == []
    bulk.run(names)
    assert not names["movies"].is_updated()
    assert {movie.title for movie in names["movies"].all()} == {"Alien", "Brazil"}
    errors.run(names)
    querysets.run(names)
    assert capsys.readouterr().out == "There is no such movie.\n['Stalker']\n"


def test_each_call_has_its_other_form(guide: Guide) -> None:
    """A block of TypeScript comes before each of Python, apart from the one about querysets."""
    languages = [block.language for block in code_blocks(PAGE, "ts", "python")]
    assert languages == ["ts", "python"] * 4 + ["python"]


def test_nothing_is_left_to_migrate(guide: Guide) -> None:
    assert commands(PAGE)[-1] == "python manage.py migrate_appwrite --check"
    assert guide.command("python manage.py migrate_appwrite --check").endswith("Nothing to do.\n")
