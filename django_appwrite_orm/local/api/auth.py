"""The caller of a request: a key, a user or a guest, and its roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller. A key may do everything its scopes allow; ``roles`` decide for users and guests."""

    kind: str
    roles: tuple[str, ...] = ()
    user_id: str = ""

    @property
    def is_key(self) -> bool:
        return self.kind == "key"

    @property
    def is_guest(self) -> bool:
        return self.kind == "guest"


KEY: Final = Caller("key")
GUEST: Final = Caller("guest", ("any", "guests"))
