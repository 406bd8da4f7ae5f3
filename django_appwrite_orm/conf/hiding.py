"""APPWRITE_ORM as others show it: Django's page for an error lists the settings, error trackers what frames hold.

Django hides the values of keys that sound secret (API_KEY), not a password in CHANNEL_URL, nor a key that was put in
the wrong place.
"""

from __future__ import annotations

from typing import Any

from ..credentials import HIDDEN
from .keys import LONGEST_SHOWN

_SECRETS = ("API_KEY", "WEBHOOK_SECRET", "CHANNEL_URL")
# Keys with long values that are no secrets, unless there is a password in them.
_ADDRESSES = ("ENDPOINT", "WEBHOOK_URL")


class HiddenText(str):
    """A text that is hidden in `repr()`, which is what such pages show, and is itself anywhere else."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(HIDDEN)


def hide_secrets(given: Any) -> None:
    """Put `HiddenText` in place of the secrets in a dict of settings, and of what is as long as a key, at any depth."""
    for key, value in given.items() if isinstance(given, dict) else ():
        if isinstance(value, dict):
            hide_secrets(value)
        elif type(value) is str and value and _is_secret(key, value):
            given[key] = HiddenText(value)


def _is_secret(key: object, value: str) -> bool:
    if key in _SECRETS:
        return True
    address = key in _ADDRESSES and value.startswith(("http://", "https://", "local:")) and "@" not in value
    return len(value) > LONGEST_SHOWN and not address
