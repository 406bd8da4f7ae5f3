"""How a thread may begin: with an empty context, or with a copy of its starter's (thread_inherit_context)."""

from __future__ import annotations

import sys
import threading
from contextvars import copy_context
from functools import partial
from types import SimpleNamespace

import pytest

from django_appwrite_orm import threads


@pytest.fixture(params=["empty contexts", "inherited contexts"])
def thread_contexts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the test in both ways, on any Python: threads, those of pools included, do as 3.14 does when told to."""
    if request.param == "empty contexts":
        return
    start = threading.Thread.start

    def started(thread: threading.Thread) -> None:
        if getattr(thread, "_context", None) is None:
            thread._context = copy_context()
            if sys.version_info < (3, 14):  # later ones run in it by themselves
                thread.run = partial(thread._context.run, thread.run)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", started)
    monkeypatch.setattr(threads, "sys", SimpleNamespace(flags=SimpleNamespace(thread_inherit_context=1)))
