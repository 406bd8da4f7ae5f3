"""What error messages tell to install is what pyproject.toml asks for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_messages_name_the_libraries_themselves() -> None:
    """The package is on no index, so that an extra of it cannot be installed by its name."""
    sources = [path.read_text() for path in (ROOT / "django_appwrite_orm").rglob("*.py")]
    told = {one for source in sources for line in re.findall(r"pip install ([^\"\n]*)", source) for one in line.split()}
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    wanted = {requirement for requirements in extras.values() for requirement in requirements}
    assert {one.strip("`.'") for one in told} == wanted | {"socksio"}  # which httpcore names itself
