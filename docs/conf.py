"""Build these pages as a site: `tox run -e docs`."""

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
_about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = _about["name"]
release = version = _about["version"]
author = "The authors of django-appwrite-orm"
extensions = ["myst_parser", "sphinx_copybutton", "docs.django_links"]
exclude_patterns = ["generate"]

# Pages are read on Git hosts too: links between them are paths of files, and notes are written as `> [!NOTE]`.
myst_enable_extensions = ["alert"]
myst_heading_anchors = 3

html_theme = "furo"
pygments_dark_style = "github-dark"  # by default, names of classes look like links
html_title = f"{project} {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False

# Of `console` and `pycon` blocks, the commands without their prompt are copied.
copybutton_prompt_text = r"\$ |>>> "
copybutton_prompt_is_regexp = True
copybutton_line_continuation_character = "\\"
