"""What the listener behind `subscribe()` does in this process."""

from __future__ import annotations

import threading
from io import StringIO

from django.core.management import call_command

from django_appwrite_orm.events import subscriptions
from tests.support.waiting import soon


def listener_threads() -> list[str]:
    """Return the names of the running threads of listeners."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("appwrite-listen")]


def printed_statistics() -> str:
    """Return what `stats_appwrite` prints."""
    out = StringIO()
    call_command("stats_appwrite", stdout=out, stderr=StringIO())
    return out.getvalue()


def listens() -> bool:
    """Whether the listener of the default connection is listening soon."""
    return soon(lambda: subscriptions._hubs["default"]._listener.state == "listening")
