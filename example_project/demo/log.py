"""What the demo says, on the terminal and in a log file."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import TextIO

from django.conf import settings

# Requests go to the file alone; what went wrong also to the terminal.
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def open_log(path: str | None) -> TextIO:
    """A new file at `path`, or `demo.log` in the project, or a temporary one where the project cannot be written to."""
    if path is not None:
        return Path(path).open("w", encoding="utf-8", buffering=1)
    try:
        return Path(settings.BASE_DIR, "demo.log").open("w", encoding="utf-8", buffering=1)
    except OSError:
        _, name = tempfile.mkstemp(prefix="demo-", suffix=".log")
        return Path(name).open("w", encoding="utf-8", buffering=1)


def log_to(file: TextIO) -> None:
    """Send Django's log to the file, in place of the terminal; errors with their tracebacks to both."""
    handler = logging.StreamHandler(file)
    handler.setFormatter(logging.Formatter(_FORMAT))
    for name in ("django", "django.server"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(logging.INFO)
    errors = logging.StreamHandler()
    errors.setLevel(logging.ERROR)
    logging.getLogger("django").addHandler(errors)
    logging.getLogger("django_appwrite_orm").addHandler(handler)
