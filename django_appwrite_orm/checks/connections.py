"""What the settings of the connections say of their servers, beside what makes a connection impossible (`conf`)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from ..conf import ConnectionSettings, configured, connection_settings, problems
from ..transport import local_file
from .finding import Finding


def identity_problems() -> Iterator[Finding]:
    """One project under two names. Project ids are random on Appwrite's cloud, and chosen on one's own server; those of
    local files are all the same."""
    remote = [one for one in _connections() if local_file(one.endpoint) is None]
    for one, other in combinations(remote, 2):
        declared = one.server_id and other.server_id
        if one.project_id == other.project_id and one.server != other.server and not declared:
            yield Finding(
                "W008",
                f"APPWRITE_ORM[{one.alias!r}] and [{other.alias!r}] have one PROJECT_ID and two ENDPOINTs. If this is"
                " one server, what is written through one of them leaves what the other one has cached as it was.",
                "Give both the same SERVER_ID, or each its own if they are two servers.",
            )


def _connections() -> Iterator[ConnectionSettings]:
    """Those whose settings are right."""
    for alias in configured():
        if not list(problems(alias)):
            yield connection_settings(alias)
