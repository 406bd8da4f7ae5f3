"""WARM_ON_START: a server process warms itself, once, from its first request on."""

from __future__ import annotations

import logging
import os

from ..conf import configured
from ..threads import DaemonThreadPool
from ..warming import jobs, warm

logger = logging.getLogger("django_appwrite_orm.web")

# One entry per process: the parent's stays in the memory that a fork copies, under the parent's id.
_claims: dict[int, object] = {}
_crew = DaemonThreadPool(1, "appwrite-warming")


def claim() -> bool:
    """Take on the warming of this process; False for whoever comes second. Needs no lock, which a fork could
    copy while it is held."""
    mine = object()
    return _claims.setdefault(os.getpid(), mine) is mine


def start_once() -> None:
    """At the first request of a server process, warm the connections with WARM_ON_START in the background."""
    if os.getpid() in _claims:
        return
    aliases = [alias for alias, given in configured().items() if given.get("WARM_ON_START") is True]
    if aliases and claim():
        _crew.start(lambda: _warm_all(aliases))


def _warm_all(aliases: list[str]) -> None:
    for done in warm(job for job in jobs() if job.alias is None or job.alias in aliases):
        if done.problem is None:
            logger.info("Warmed %r: %d rows in %.0f ms.", done.label, done.rows, done.seconds * 1000)
        else:
            logger.warning("%r could not be warmed: %s", done.label, done.problem)
