"""WARM_ON_START: a server process warms its caches once, after its first request."""

from __future__ import annotations

import logging
import os

from ..conf import configured
from ..threads import DaemonThreadPool
from ..warming import jobs, warm

logger = logging.getLogger("django_appwrite_orm.web")

# One entry per process: the parent's stays in the memory that a fork copies, under the parent's id.
_claims: dict[int, object] = {}
_pool = DaemonThreadPool(1, "appwrite-warming")


def claim() -> bool:
    """Return whether the caller is the first in this process. There is no lock, which a fork could copy while held."""
    claimed = object()
    return _claims.setdefault(os.getpid(), claimed) is claimed


def start_once() -> None:
    """Warm the connections with WARM_ON_START in the background, at the first request of a server process."""
    if os.getpid() in _claims:
        return
    aliases = [alias for alias, options in configured().items() if options.get("WARM_ON_START") is True]
    if aliases and claim():
        _pool.start(lambda: _warm_all(aliases))


def _warm_all(aliases: list[str]) -> None:
    for warmed in warm(job for job in jobs() if job.alias is None or job.alias in aliases):
        if warmed.problem is None:
            logger.info("Warmed %r: %d rows in %.0f ms.", warmed.label, warmed.rows, warmed.seconds * 1000)
        else:
            logger.warning("%r could not be warmed: %s", warmed.label, warmed.problem)
