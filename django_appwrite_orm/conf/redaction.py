"""Hide the secrets of settings from Django's debug page, which shows all settings."""

from __future__ import annotations

from typing import Any

from ..credentials import HIDDEN
from . import LONGEST_SHOWN

SECRET_KEYS = ("API_KEY", "WEBHOOK_SECRET", "CHANNEL_URL")
# Keys with long values that are not secrets, unless there is a password in them.
_ADDRESSES = ("ENDPOINT", "WEBHOOK_URL")


class HiddenText(str):
    """A text that is hidden in `repr()`, which is what debug pages show, and is itself anywhere else."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(HIDDEN)


def hide_secrets(options: Any) -> None:
    """Replace the secrets in a dict of settings by `HiddenText`, and texts as long as a key, at any depth."""
    for key, value in options.items() if isinstance(options, dict) else ():
        if isinstance(value, dict):
            hide_secrets(value)
        elif type(value) is str and value and _is_secret(key, value):
            options[key] = HiddenText(value)


def _is_secret(key: object, value: str) -> bool:
    if key in SECRET_KEYS:
        return True
    address = key in _ADDRESSES and value.startswith(("http://", "https://", "local:")) and "@" not in value
    return len(value) > LONGEST_SHOWN and not address
