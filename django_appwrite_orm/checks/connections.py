"""What the settings of the connections say of their servers, beside what makes a connection impossible (`conf`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

from ..conf import configured
from ..conf.checks import problems
from ..conf.connection_settings import ConnectionSettings
from ..conf.load import connection_settings
from ..transport import local_file

_API = re.compile(r"/v\d+$")


def endpoint_problems() -> Iterator[CheckMessage]:
    """URLs that are hardly an API's. Such a connection works where a proxy adds the path; the check can be silenced."""
    for one in _connections():
        if local_file(one.endpoint) is None and not _API.search(one.endpoint):
            message = f"APPWRITE_ORM[{one.alias!r}]: ENDPOINT {one.endpoint} does not end in /v1."
            yield Error(
                message, hint=f"Add /v1, as in {one.endpoint}/v1: Appwrite's API is there.", id="appwrite_orm.E015"
            )


def deployment_problems() -> Iterator[CheckMessage]:
    """Servers that are not for a site that is deployed."""
    for one in _connections():
        if local_file(one.endpoint) is not None and not settings.DEBUG:
            yield Error(
                f"APPWRITE_ORM[{one.alias!r}]: DEBUG is off and ENDPOINT is a local Appwrite ('local:'), which is for"
                " development, demonstrations and tests.",
                hint="Give the ENDPOINT of an Appwrite server, with its PROJECT_ID and API_KEY.",
                id="appwrite_orm.E016",
            )


def identity_problems() -> Iterator[CheckMessage]:
    """One project under two names. Project ids are random on Appwrite's cloud, and chosen on one's own server; those of
    local files are all the same."""
    remote = [one for one in _connections() if local_file(one.endpoint) is None]
    for one, other in combinations(remote, 2):
        declared = one.server_id and other.server_id
        if one.project_id == other.project_id and one.server != other.server and not declared:
            yield Warning(
                f"APPWRITE_ORM[{one.alias!r}] and [{other.alias!r}] have one PROJECT_ID and two ENDPOINTs. If this is"
                " one server, what is written through one of them leaves what the other one has cached as it was.",
                hint="Give both the same SERVER_ID, or each its own if they are two servers.",
                id="appwrite_orm.W008",
            )


def _connections() -> Iterator[ConnectionSettings]:
    """Those whose settings are right."""
    for alias in configured():
        if not list(problems(alias)):
            yield connection_settings(alias)
