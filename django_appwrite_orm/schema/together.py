"""Several works under way at once, so that one waits for Appwrite while the others do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ..steps import Step, Steps, arun, run
from ..threads import closing

# A server of one machine builds schema with few workers; more requests at once would only queue there.
AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Together(Step):
    """Carry out all `works`, at most `at_once` at a time; their results in order.

    All of them end before the first one's error, in their order, is raised.
    """

    works: Sequence[Steps[Any]]
    at_once: int = AT_ONCE

    def perform(self) -> list[Any]:
        if len(self.works) == 1:
            return [run(self.works[0], even_on_event_loop=True)]  # that was settled before
        with ThreadPoolExecutor(self.at_once) as pool:
            futures = [pool.submit(closing(run), work) for work in self.works]
        return [future.result() for future in futures]

    async def aperform(self) -> list[Any]:
        free = asyncio.Semaphore(self.at_once)

        async def one(work: Steps[Any]) -> Any:
            async with free:
                return await arun(work)

        found = await asyncio.gather(*map(one, self.works), return_exceptions=True)
        for result in found:
            if isinstance(result, BaseException):
                raise result
        return found
