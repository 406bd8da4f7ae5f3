"""Checks of connections whose settings are valid: their servers, and whether two of them are one."""

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
    """Report URLs that do not end as an API's. Where a proxy adds the path, silence the check."""
    for own in _connections():
        if local_file(own.endpoint) is None and not _API.search(own.endpoint):
            message = f"APPWRITE_ORM[{own.alias!r}]: ENDPOINT {own.endpoint} does not end in /v1."
            yield Error(
                message,
                hint=f"Add /v1, as in {own.endpoint}/v1: Appwrite's API is there.",
                id="appwrite_orm.E015",
            )


def deployment_problems() -> Iterator[CheckMessage]:
    """Report servers that are not for a deployed site."""
    for own in _connections():
        if local_file(own.endpoint) is not None and not settings.DEBUG:
            yield Error(
                f"APPWRITE_ORM[{own.alias!r}]: DEBUG is off and ENDPOINT is a local Appwrite ('local:'), which is for"
                " development, demonstrations and tests.",
                hint="Give the ENDPOINT of an Appwrite server, with its PROJECT_ID and API_KEY.",
                id="appwrite_orm.E016",
            )


def identity_problems() -> Iterator[CheckMessage]:
    """Report one project at two endpoints.

    Project ids are random on Appwrite's cloud, chosen on self-hosted servers, and equal for all local files.
    """
    remote = [own for own in _connections() if local_file(own.endpoint) is None]
    for own, other in combinations(remote, 2):
        declared = own.server_id and other.server_id
        if own.project_id == other.project_id and own.server != other.server and not declared:
            yield Warning(
                f"APPWRITE_ORM[{own.alias!r}] and [{other.alias!r}] have one PROJECT_ID and two ENDPOINTs. If this is"
                " one server, what is written through one of them leaves what the other one has cached as it was.",
                hint="Give both the same SERVER_ID, or each its own if they are two servers.",
                id="appwrite_orm.W008",
            )


def _connections() -> Iterator[ConnectionSettings]:
    """Yield the connections whose settings have no problem."""
    for alias in configured():
        if not list(problems(alias)):
            yield connection_settings(alias)
