"""What a server can do, by its version, as data.

Self-hosted servers are 1.8 and 1.9; 2.5 (Appwrite Cloud, SDK 25 and later) adds aggregates. Sources: the SDKs'
changelogs and their `X-Appwrite-Response-Format`, and a running 1.9.6.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

Version = tuple[int, int, int]

# PATCH .../columns/relationship/{key}; in older versions: .../columns/{key}/relationship.
RELATIONSHIP_BY_KIND = "relationships changed by the route of their kind"
# Each capability and the first version that has it.
SINCE: dict[str, Version] = {
    "aggregates": (2, 5, 0),
    RELATIONSHIP_BY_KIND: (2, 5, 0),
}
# The newest response format that this package knows. A server produces older formats on request, and adds a warning to
# its responses for a format newer than itself.
NEWEST_FORMAT: Version = (1, 9, 6)
# Assumed until the server's version is known: rows have had the same format since.
OLDEST: Version = (1, 9, 0)


@dataclass(frozen=True, slots=True)
class Features:
    """The capabilities of a server of `version`."""

    version: Version = OLDEST
    # The value of `X-Appwrite-Response-Format` that fits this server and this package.
    response_format: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "response_format", ".".join(map(str, min(self.version, NEWEST_FORMAT))))

    def has(self, capability: str) -> bool:
        """Whether the server has `capability`, a key of SINCE."""
        return self.version >= SINCE[capability]

    @classmethod
    def of(cls, version: str) -> Features:
        """Return the features of a version such as "1.9.6" or "1.9.6-RC1". Raises ValueError for other texts."""
        found = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
        if found is None:
            raise ValueError(f"{version!r} is not a version of Appwrite. Give it as in '1.9.6'.")
        major, minor, patch = map(int, found.groups())
        return cls((major, minor, patch))


# Of a server whose version is not known.
UNKNOWN = Features()
