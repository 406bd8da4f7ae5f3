"""`python -m tests.translations`: bring the catalogues up to date with the code, and compile them."""

from __future__ import annotations

from .catalogues import LANGUAGES, po_file, update

for language in LANGUAGES:
    missing = update(language)
    print(f"{po_file(language)}: {len(missing)} texts have no translation.")
    for text in missing:
        print(f"  {text}")
