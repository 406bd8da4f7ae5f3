"""Who is asking: a key, a user or a guest; what scopes they hold and which roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Caller:
    """A key sees and may do everything its scopes allow; for others their roles decide (``roles``)."""

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
