"""Which of Django's test apps are run, in which order: see apps.txt."""

from __future__ import annotations

from pathlib import Path

_LINES = Path(__file__).with_name("apps.txt").read_text(encoding="utf-8").splitlines()
_MARKED = {app: marks for app, *marks in (line.split() for line in _LINES if not line.startswith("#"))}

APPS = tuple(_MARKED)
PART = frozenset(app for app, marks in _MARKED.items() if "ci" in marks)
