"""The messages of system checks, with their hints."""

from __future__ import annotations

import re

from ..markdown import code, table
from ..messages import messages

_URL = re.compile(r"'(https?://[^']*)'")


def _messages() -> str:
    rows = ([code(found.id), found.level, found.text, _URL.sub(r"`\1`", found.hint)] for found in messages())
    return table(["Id", "Level", "Message", "Hint"], rows)


SECTIONS = {"checks.messages": _messages}
