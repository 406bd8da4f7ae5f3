"""Both drivers of a step: every test of an exchange runs blocking and on an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from django_appwrite_orm.sansio import run_async, run_sync

Drive = Callable[[Any], Any]


@pytest.fixture(params=["blocking", "asynchronous"])
def drive(request: pytest.FixtureRequest) -> Drive:
    return run_sync if request.param == "blocking" else lambda steps: asyncio.run(run_async(steps))
