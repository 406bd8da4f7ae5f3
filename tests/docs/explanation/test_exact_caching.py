"""What the page about exact caching shows happens, step after step."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from django.core.cache import caches

from benchmarks import races
from tests.support.guides import Guide
from tests.support.interleaving import lose_answer
from tests.support.pages import ROOT, code_blocks

PAGE = "explanation/exact-caching.md"


def program() -> list:
    return [block for block in code_blocks(PAGE, "python") if not block.file]


def test_its_code_runs_as_one_program(guide: Guide, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page checks by itself what it says: with `assert` in each block."""
    names: dict[str, object] = {}
    for block in program():
        assert "assert " in block.text
        with monkeypatch.context() as patch:
            if "set_price" in block.text:
                lose_answer(patch, "PATCH")
            block.run(names)


def test_without_the_token_the_reader_who_is_late_stores_an_old_price() -> None:
    """The two toys differ in the token alone."""
    naive, exact = program()[:2]
    assert "token" not in naive.text
    assert 'cache["lamp"] == 10' in naive.text
    assert "cached_price() is None" in exact.text


def test_keys_and_values_look_as_shown(guide: Guide) -> None:
    [shown] = [block.text for block in code_blocks(PAGE, "text") if ":token " in block.text]
    cache = caches["default"]
    cache.clear()  # the first guide of a process has migrated, which reads too
    guide.rows("Product").create(name="Lamp", price=12)
    guide.rows("Product").get(name="Lamp")
    names = [key.split(":", 2)[2] for key in cache._cache]
    [token] = [name for name in names if name.endswith(":token")]
    [entry] = [name for name in names if "\n" in cache.get(name)]
    prefix, digest = r"appwrite:[0-9a-f]{8}", r"[0-9a-f]{24}"
    assert re.fullmatch(f"{prefix}{digest}:token", token)
    assert re.fullmatch(prefix + digest, entry)
    first, second, body = shown.splitlines()
    (token_shown, value_shown), (entry_shown, head_shown) = first.split(), second.split(maxsplit=1)
    assert re.fullmatch(f"{prefix}:token", token_shown)
    assert re.fullmatch(prefix, entry_shown)
    head, text = cache.get(entry).split("\n")
    for (tokens, end), value in ((json.loads(head), cache.get(token)), (json.loads(head_shown), value_shown)):
        assert (tokens, type(end)) == ([value], float)
        assert re.fullmatch("[0-9a-f]{32}", value)
    assert body.split('"$id"')[0].strip() == text.split('"$id"')[0]
    assert body.split("... ],")[1].split('["0001')[0] == text.split("],", 1)[1].split('["0001')[0]


def test_the_search_finds_what_the_fence_is_for() -> None:
    [command] = [block.text for block in code_blocks(PAGE, "console") if "tests.cache.model" in block.text]
    words = command.removeprefix("$ python ").split()
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    steps = re.findall(r"^ +(\d+)\. ", done.stdout, re.MULTILINE)
    assert (done.returncode, steps[-1]) == (1, "9"), done.stdout + done.stderr


@pytest.mark.slow
def test_the_races_end_as_shown() -> None:
    """That of this package; the peers are not installed with the tests."""
    [shown] = [block.text.splitlines() for block in code_blocks(PAGE, "text") if "django-cachalot" in block.text]
    name, *outcomes = re.split(" {2,}", shown[1])
    assert re.split(" {2,}", shown[0].strip()) == list(races.RACES)
    assert outcomes == [races.outcome(name, which) for which in races.RACES] == ["right", "right"]
