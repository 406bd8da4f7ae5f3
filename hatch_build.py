"""The metadata that depends on where the project is hosted: its URLs, and the links of the README.

PROJECT_REPOSITORY in the environment is the URL of the repository, such as `https://github.com/OWNER/NAME`. With it,
the README on a package index links to the files of that release. Without it, as in a build of one's own, its links
stay relative and the package has no URLs.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

LINK = re.compile(r"(!?)\[((?:[^\[\]]|!\[[^\]]*\]\([^)]*\))*)\]\((?!\w+:|#)([^)\s]+)\)")


class Hook(MetadataHookInterface):
    """Makes `readme` and `urls`."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add both."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        repository = os.environ.get("PROJECT_REPOSITORY", "").rstrip("/")
        if repository:
            text = absolute(text, repository, f"v{metadata['version']}")
            metadata["urls"] = urls(repository, f"v{metadata['version']}")
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def urls(repository: str, tag: str) -> dict[str, str]:
    """Return the URLs of the project, by the names that PyPI has icons for."""
    return {
        "Documentation": f"{repository}/tree/{tag}/docs",
        "Changelog": f"{repository}/blob/{tag}/CHANGELOG.md",
        "Source": repository,
        "Issues": f"{repository}/issues",
    }


def absolute(text: str, repository: str, tag: str) -> str:
    """Make the relative links of a page lead to the repository at a tag, those of images to the files themselves."""

    def made(link: re.Match[str]) -> str:
        kind = "raw" if link[1] else "blob"
        return f"{link[1]}[{absolute(link[2], repository, tag)}]({repository}/{kind}/{tag}/{link[3]})"

    # Every other part is a block of code.
    parts = re.split(r"(^```.*?^```$)", text, flags=re.DOTALL | re.MULTILINE)
    return "".join(part if part.startswith("```") else LINK.sub(made, part) for part in parts)
