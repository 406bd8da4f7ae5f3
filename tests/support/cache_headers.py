"""Values of Cache-Control."""

from __future__ import annotations

from typing import Any

PRIVATE = "private, no-cache"


def max_age(response: Any) -> int:
    """Return the seconds for which a public response may be kept."""
    assert response["Cache-Control"].startswith("public, max-age=")
    return int(response["Cache-Control"].removeprefix("public, max-age="))
