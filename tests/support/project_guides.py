"""Follow a guide of docs/how-to in a new project, and check what it promises by tests inside that project."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from django.core.management import call_command

from .pages import CodeBlock, code_blocks, write_files
from .projects import ROOT, run

STEPS = ROOT / "tests" / "docs" / "how_to" / "steps"


def make_project(blocks: Iterable[CodeBlock], folder: Path) -> None:
    """Make what `django-admin startproject config .` makes, with the files that the blocks name.

    A block of a file of the new project, such as config/settings.py, is added to its end.
    """
    call_command("startproject", "config", str(folder))
    blocks = list(blocks)
    made = {block.file for block in blocks if block.file is not None and (folder / block.file).exists()}
    starts = [CodeBlock("python", f"# {name}\n{(folder / name).read_text()}", folder / name, 1) for name in made]
    write_files([*starts, *blocks], folder)
    for file in {block.file for block in blocks if block.file is not None and block.file.endswith(".py")}:
        (folder / file).parent.joinpath("__init__.py").touch()


def check_guide(
    name: str, folder: Path, blocks: Iterable[CodeBlock] | None = None, *, steps: str | None = None
) -> None:
    """Make a project of these blocks, or all of the guide, and run the tests in steps/<guide>.py there.

    `steps` names another file of tests. All of them have to run.
    """
    make_project(code_blocks(f"how-to/{name}.md") if blocks is None else blocks, folder)
    text = (STEPS / f"{steps or name.replace('-', '_')}.py").read_text()
    (folder / "steps.py").write_text(text)
    output = run(
        folder, "-W", "error::RuntimeWarning", "manage.py", "test", "-v2", "--pattern=steps.py",
        DJANGO_SETTINGS_MODULE="config.settings",
    )  # fmt: skip
    number = len(re.findall(r"^    (?:async )?def test_", text, re.MULTILINE))
    assert f"Ran {number} test" in output, output
    assert "skipped" not in output
