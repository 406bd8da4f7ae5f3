"""Lets tox find the interpreters that pyenv installed: its shims only answer for the version in use."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tox.plugin import impl


@impl
def tox_add_core_config(core_conf: Any, state: Any) -> None:
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    state.conf.options.discover += map(str, sorted(root.glob("versions/3.*/bin/python3")))
