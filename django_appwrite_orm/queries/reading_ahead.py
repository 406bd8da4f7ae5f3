"""The next page on its way while the current one is read."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from django.core.cache import caches

from ..steps import arun, run
from ..threads import closing
from .walk import Pages, Raw


def read_ahead(walk: Pages) -> Iterator[list[Raw]]:
    """Every page of `walk`. The next one is fetched in a thread of this iteration, which ends with it; that
    thread sees the reader's context, so that what it reads is noted for the reader's response."""
    page = run(walk.page())
    if walk.finished:
        yield page
        return
    with ThreadPoolExecutor(1, thread_name_prefix="appwrite-page") as thread:
        while not walk.finished:
            context = contextvars.copy_context()
            following = thread.submit(context.run, _page_apart, walk)
            yield page
            page = following.result()
        yield page


def _page_apart(walk: Pages) -> list[Raw]:
    """In this thread, with clients of the caches of its own: not every one may be used by two threads, and with the
    context older versions of asgiref bring the reader's along."""
    for alias in caches:
        with suppress(AttributeError):  # none was brought along
            del caches[alias]
    return closing(run)(walk.page())


async def aread_ahead(walk: Pages) -> AsyncIterator[list[Raw]]:
    """The same on the running event loop."""
    page = await arun(walk.page())
    while not walk.finished:
        following = asyncio.create_task(arun(walk.page()))
        try:
            yield page
            page = await following
        finally:
            following.cancel()
    yield page
