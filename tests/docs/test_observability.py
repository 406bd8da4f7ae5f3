"""The code on the page about observability runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.utils.module_loading import import_string

PAGE = Path(__file__).parents[2] / "docs" / "observability.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)


def run(containing: str, **names: Any) -> dict[str, Any]:
    """Run the one block with this text; return its names."""
    [block] = [block for block in BLOCKS if containing in block]
    exec(compile(block, PAGE.name, "exec"), names)
    return names


def test_the_panel_can_be_imported_by_its_name() -> None:
    panel = import_string(run("DEBUG_TOOLBAR_PANELS")["DEBUG_TOOLBAR_PANELS"][0])
    assert (panel.panel_id, panel.is_async) == ("AppwritePanel", True)
