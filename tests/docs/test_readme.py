"""The code of the README runs as it is and prints what the README says, and its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.pages import ROOT, code_blocks
from tests.support.projects import run

README = (ROOT / "README.md").read_text(encoding="utf-8")
TOX = "python3 -m venv .venv && .venv/bin/pip install tox && .venv/bin/tox run"
LARGEST_PICTURE = 250_000


def test_the_example_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    (example,) = code_blocks("../README.md", "python")
    (tmp_path / "shop.py").write_text(example.text, encoding="utf-8")
    promised = re.findall(r"# prints (.*)$", example.text, re.MULTILINE)
    assert [line.split()[0] for line in promised] == ["MISS", "HIT", "MISS"]
    assert run(tmp_path, "-W", "error", "shop.py").splitlines() == promised
    assert len([line for line in example.text.splitlines() if line]) <= 30


def test_the_two_commands_are_those_of_the_demo_and_of_the_tests() -> None:
    assert [block.text for block in code_blocks("../README.md", "sh")] == [f"{TOX} -e demo\n", f"{TOX}\n"]


def test_its_links_lead_to_files_of_the_project_and_its_picture_is_small() -> None:
    links = re.findall(r"\]\((?!https://)([^)\s]+)\)", README)
    assert len(links) > 5
    assert [link for link in links if not (ROOT / link).exists()] == []
    (picture,) = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert (ROOT / picture).stat().st_size < LARGEST_PICTURE
