"""Write the generated parts of the reference: `python -m docs.generate`, in the root of the repository.

With `--check` nothing is written, and the exit status is 1 where a page differs.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys

import django

from . import DOCS, misplaced, pages, updated


def main() -> int:
    """Write, or only name, every page whose generated parts have changed."""
    parser = argparse.ArgumentParser(prog="python -m docs.generate")
    parser.add_argument("--check", action="store_true", help="Name the pages that differ, and write nothing.")
    check = parser.parse_args().check
    os.environ["DJANGO_SETTINGS_MODULE"] = "docs.generate.settings"
    django.setup()
    logging.disable(logging.CRITICAL)  # of the responses whose statuses are shown
    from .sections import SECTIONS  # whose modules need Django to be set up

    if names := misplaced(SECTIONS):
        parser.error(f"These parts are not on exactly one page, or have no section: {', '.join(names)}.")
    changed = 0
    for page in pages():
        text = page.read_text(encoding="utf-8")
        if (new := updated(text, SECTIONS)) != text:
            changed += 1
            sys.stdout.write(f"{page.relative_to(DOCS.parent)}\n")
            if not check:
                page.write_text(new, encoding="utf-8")
    return int(check and changed > 0)


if __name__ == "__main__":
    sys.exit(main())
