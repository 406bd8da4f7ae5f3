"""Files of rows, and the command that loads them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command

GOOD = {"$id": "good", "title": "Good", "price": 1}


def write(file: Path, *rows: Any) -> Path:
    lines = (row if isinstance(row, str) else json.dumps({"table": "books", "row": row}) for row in rows)
    file.write_text("\n".join(lines) + "\n")
    return file


def loaded(file: Path | str, *arguments: str, **options: Any) -> tuple[str, list[str]]:
    """The command's last line, or its error, and the lines about refused rows."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("load_appwrite", str(file), *arguments, stdout=out, stderr=err, no_color=True, **options)
    except CommandError as error:
        return str(error), err.getvalue().splitlines()
    return out.getvalue().strip(), err.getvalue().splitlines()
