"""Link code that names something of Django's to Django's documentation.

Pages write `` `select_for_update()` `` and are as readable without the site. The first time that a page names an object
of `django_objects.txt`, the site links it by intersphinx. That file has the lines of an inventory, so that the site is
built without a network. For another version of Django, build the inventory of its documentation and run
`python -m docs.django_links objects.inv`.
"""

from __future__ import annotations

import sys
import zlib
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.transforms import SphinxTransform

OBJECTS = Path(__file__).with_name("django_objects.txt")
SITE = "https://docs.djangoproject.com/en/6.1/"
CALLABLE = ("py:function", "py:method")


def listed() -> list[tuple[str, str]]:
    """Return the role, such as `py:class`, and the full name of each object."""
    lines = OBJECTS.read_text(encoding="utf-8").splitlines()
    return [(line.split()[1], line.split()[0]) for line in lines if line]


def by_code() -> dict[str, tuple[str, str]]:
    """Return the objects by what pages write: `atomic()`, `transaction.atomic()`, `DATABASES`, `migrate`."""
    found: dict[str, tuple[str, str]] = {}
    for role, name in listed():
        parts = name.split(".") if role.startswith("py:") else [name]
        for code in (".".join(parts[at:]) for at in range(len(parts))):
            code += "()" if role in CALLABLE else ""
            if found.setdefault(code, (role, name)) != (role, name):
                sys.exit(f"{OBJECTS.name}: `{code}` is both {found[code][1]} and {name}.")
        if role == "std:django-admin":
            found[f"manage.py {name}"] = (role, name)
    return found


class LinkDjango(SphinxTransform):
    """Make cross-references of the code that names an object of Django's, once on a page."""

    default_priority = 400

    def apply(self, **kwargs: Any) -> None:
        """Wrap the first of each in a reference, outside headings and links."""
        objects, seen = by_code(), set()
        for code in list(self.document.findall(nodes.literal)):
            found = objects.get(code.astext())
            if found is None or found in seen or isinstance(code.parent, (nodes.title, nodes.reference, pending_xref)):
                continue
            seen.add(found)
            domain, kind = found[0].split(":")
            role = self.env.get_domain(domain).role_for_objtype(kind)
            link = pending_xref("", refdomain=domain, reftype=role, reftarget=found[1], refexplicit=True, refwarn=True)
            code.replace_self(link)
            link += code


def write_inventory(app: Sphinx, config: Config) -> None:
    """Write the listed objects as an inventory, and let intersphinx read that."""
    head = b"# Sphinx inventory version 2\n# Project: Django\n# Version: 6.1\n# The rest is compressed using zlib.\n"
    path = Path(app.doctreedir) / "django.inv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + zlib.compress(OBJECTS.read_bytes()))
    config.intersphinx_mapping = {"django": (SITE, str(path))}


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.setup_extension("sphinx.ext.intersphinx")
    for kind in ("setting", "django-admin", "fieldlookup", "templatetag"):
        app.add_crossref_type(kind, kind)
    app.add_transform(LinkDjango)
    app.connect("config-inited", write_inventory, priority=700)  # before intersphinx checks its mapping
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def update(inventory: Path) -> None:
    """Take the places of the listed objects from the full inventory of Django's documentation."""
    lines = zlib.decompress(inventory.read_bytes().split(b"\n", 4)[4]).decode().splitlines()
    full = {(line.split()[1], line.split()[0]): line for line in lines}
    missing = [name for role, name in listed() if (role, name) not in full]
    if missing:
        sys.exit(f"Django does not document: {', '.join(missing)}.")
    OBJECTS.write_text("".join(f"{full[one]}\n" for one in sorted(set(listed()))), encoding="utf-8")


if __name__ == "__main__":
    update(Path(sys.argv[1]))
