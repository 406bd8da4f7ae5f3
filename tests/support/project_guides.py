"""Follow a guide of docs/how-to in a project of its own, and check what it promises by tests inside that project.

For guides with settings of their own, such as several databases; guides.py is for those about the example project.
"""

from __future__ import annotations

import re
from pathlib import Path

from .guides import write_project
from .pages import CodeBlock, code_blocks
from .projects import ROOT, run

STEPS = ROOT / "tests" / "docs" / "how_to" / "steps"


def check_guide(name: str, folder: Path, blocks: list[CodeBlock] | None = None, *, steps: str | None = None) -> None:
    """Make a project of these blocks, or all of the guide, and run the tests in steps/<guide>.py there.

    `steps` names another file of tests. All of them have to run.
    """
    blocks = code_blocks(f"how-to/{name}.md") if blocks is None else blocks
    write_project([block for block in blocks if block.file], folder)
    text = (STEPS / f"{steps or name.replace('-', '_')}.py").read_text()
    (folder / "steps.py").write_text(text)
    output = run(folder, "manage.py", "test", "-v2", "--pattern=steps.py", DJANGO_SETTINGS_MODULE="config.settings")
    number = len(re.findall(r"^    (?:async )?def test_", text, re.MULTILINE))
    assert f"Ran {number} test" in output, output
    assert "skipped" not in output
