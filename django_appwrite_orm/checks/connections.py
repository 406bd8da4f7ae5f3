"""Checks of the servers of connections whose settings are valid, and of two connections to one server."""

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
    """Report endpoints without /v1 at the end. Silence the check where a proxy adds the path."""
    for own in _connections():
        if local_file(own.endpoint) is None and not _API.search(own.endpoint):
            message = f"APPWRITE_ORM[{own.alias!r}]: ENDPOINT {own.endpoint} does not end in /v1."
            yield Error(
                message,
                hint=f"Write {own.endpoint}/v1: that is the path of Appwrite's API.",
                id="appwrite_orm.E015",
            )


def deployment_problems() -> Iterator[CheckMessage]:
    """Report local Appwrites in a deployed site."""
    for own in _connections():
        if local_file(own.endpoint) is not None and not settings.DEBUG:
            yield Error(
                f"APPWRITE_ORM[{own.alias!r}]: DEBUG is off and ENDPOINT is a local Appwrite ('local:'), which is for"
                " development, demonstrations and tests.",
                hint="Set ENDPOINT, PROJECT_ID and API_KEY of an Appwrite server.",
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
                f"APPWRITE_ORM[{own.alias!r}] and [{other.alias!r}] have the same PROJECT_ID and different ENDPOINTs."
                " If both are one server, a write through one connection does not invalidate the results of the other.",
                hint="Set the same SERVER_ID for both, or a different one for each if they are two servers.",
                id="appwrite_orm.W008",
            )


def _connections() -> Iterator[ConnectionSettings]:
    """Yield the connections whose settings have no problem."""
    for alias in configured():
        if not list(problems(alias)):
            yield connection_settings(alias)
