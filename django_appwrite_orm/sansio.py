"""Effects, and the two drivers that perform them.

Reads, writes, page walks and retries are written once, as generators that yield effects and know neither threads nor
event loops. `run_sync` performs the effects blocking, `run_async` on an event loop; both throw what an effect raises
back into the generator, cancellation included, so that it can clean up.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import threading
import time
from abc import ABC, abstractmethod
from asyncio import _get_running_loop  # get_running_loop() raises an exception for each blocking call
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Generic, ParamSpec, TypeVar

from django.core.exceptions import SynchronousOnlyOperation

from .exceptions import AppwriteORMError, shorten
from .threads import DaemonThreadPool, close_caches_after

Result = TypeVar("Result")
Parameters = ParamSpec("Parameters")


class Effect(ABC, Generic[Result]):
    """One action with a blocking and an asynchronous form. `yield from` it for its typed result."""

    __slots__ = ()

    @abstractmethod
    def perform(self) -> Result:
        """Carry it out, blocking."""

    @abstractmethod
    async def aperform(self) -> Result:
        """Carry it out on the running event loop."""

    def __iter__(self) -> Generator[Effect[Any], Any, Result]:
        result: Result = yield self
        return result


Operation = Generator[Effect[Any], Any, Result]

# Background threads of one process at most.
BACKGROUND_THREADS = 16


@dataclass(frozen=True, slots=True)
class Sleep(Effect[None]):
    """Wait `seconds`."""

    seconds: float

    def perform(self) -> None:
        time.sleep(self.seconds)

    async def aperform(self) -> None:
        await asyncio.sleep(self.seconds)


@dataclass(frozen=True, slots=True)
class AcquireLock(Effect[None]):
    """Acquire `lock`, for what threads and tasks must do one after the other.

    Contention is rare, so the asynchronous form polls instead of keeping a lock for each event loop.
    """

    lock: threading.Lock

    def perform(self) -> None:
        """Raise `SynchronousOnlyOperation` on an event loop if the lock is taken: a task of that loop may hold it."""
        if self.lock.acquire(blocking=False):
            return
        if on_event_loop():
            raise SynchronousOnlyOperation(_USE_THE_TWIN)
        self.lock.acquire()

    async def aperform(self) -> None:
        while not self.lock.acquire(blocking=False):  # noqa: ASYNC110 -- threads free it too
            await asyncio.sleep(0.001)


@dataclass(frozen=True, slots=True)
class Spawn(Effect[bool]):
    """Start `work` in the background; False when `BACKGROUND_THREADS` are running already.

    `work` reports its own failures; nobody waits for it. It runs in a thread, for an asynchronous caller too: under
    WSGI, and in a command, the event loop ends with the caller and would cancel the work.
    """

    work: Callable[[], Operation[Any]]

    def perform(self) -> bool:
        return _background.start(lambda: run_sync(self.work()))

    async def aperform(self) -> bool:
        return self.perform()


_background = DaemonThreadPool(BACKGROUND_THREADS, "appwrite-background")


_USE_THE_TWIN = (
    "This call would block the event loop, perhaps while it waits for a task of the same loop. Use the asynchronous"
    " form of the method, whose name begins with `a` (aget, asave), `async for` or `async with`; otherwise"
    " sync_to_async."
)


def on_event_loop() -> bool:
    """Whether an event loop is running in this thread; a blocking call would block it."""
    return _get_running_loop() is not None


def refuse_event_loop(why: str = _USE_THE_TWIN) -> None:
    """Raise `SynchronousOnlyOperation` on an event loop.

    Django's environment variable DJANGO_ALLOW_ASYNC_UNSAFE allows it, as in a notebook.
    """
    if on_event_loop() and not os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE"):
        raise SynchronousOnlyOperation(why)


def run_sync(steps: Operation[Result], *, even_on_event_loop: bool = False) -> Result:
    """Run `steps` in this thread and return their result.

    Raises `SynchronousOnlyOperation` on an event loop, before anything is done, unless `even_on_event_loop`: for
    callers there that cannot await.
    """
    if not even_on_event_loop:
        refuse_event_loop()
    try:
        step = next(steps)
        while True:
            try:
                outcome = step.perform()
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = steps.send(outcome)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]
    except AppwriteORMError as error:
        shorten(error)
        raise


async def run_async(steps: Operation[Result]) -> Result:
    """Run `steps` on the running event loop and return their result."""
    try:
        step = next(steps)
        while True:
            try:
                outcome = await step.aperform()
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = steps.send(outcome)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]
    except AppwriteORMError as error:
        shorten(error)
        raise


@dataclass(frozen=True, slots=True)
class CallMethod(Effect[Any]):
    """Call the method `name` of `target`, or its asynchronous twin, which a project may have overridden."""

    target: Any
    name: str
    arguments: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def perform(self) -> Any:
        return getattr(self.target, self.name)(*self.arguments, **self.options)

    async def aperform(self) -> Any:
        return await getattr(self.target, f"a{self.name}")(*self.arguments, **self.options)


def call(target: Any, name: str, /, *arguments: Any, **options: Any) -> CallMethod:
    """Return the effect that calls `target.name(*arguments, **options)`."""
    return CallMethod(target, name, arguments, options)


def twins(
    operation: Callable[Parameters, Operation[Result]], name: str = ""
) -> tuple[
    Callable[Parameters, Result],
    Callable[Parameters, Coroutine[Any, Any, Result]],
]:
    """Make the blocking and the asynchronous method of an operation.

    Write `save, asave = twins(_save)`. Both have its docstring, parameters and attributes. `operation` is a method
    whose name is theirs with an underscore in front, or any method if their `name` is passed.

    Pairs that are written by hand, and why (tests/test_sansio.py compares this list with the code):

    - `perform` and `aperform` of effects, `send` and `asend` of transports, `_Stage.note`, and
      `AppwriteCacheMiddleware._call`: they stand below the drivers, or call Django's `get_response` either way.
    - `__iter__`, `__enter__`, `__exit__`, `iterator`, `read_ahead`: Python's protocols differ in more than a driver.
    - `QuerySet.count` and `exists`, `GroupedQuerySet.count` and `first`: once the rows are read, the result is returned
      without a driver, which an event loop would refuse.
    - `listen`: one form takes a callback, the other is an iterator.
    - `ORM.stats` and `reset_stats`: Django's cache backends are called directly, in a thread for asynchronous code.
    """

    @wraps(operation)
    def blocking(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        return run_sync(operation(*args, **kwargs))

    @wraps(operation)
    async def asynchronous(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        return await run_async(operation(*args, **kwargs))

    name = name or operation.__name__.removeprefix("_")
    _describe(blocking, name, operation)
    _describe(asynchronous, f"a{name}", operation)
    return blocking, asynchronous


def _describe(twin: Any, name: str, operation: Callable[..., Operation[Any]]) -> None:
    """Give `twin` its own name and return type."""
    signature = inspect.signature(operation)
    annotation = str(signature.return_annotation)  # a string: modules have `from __future__ import annotations`
    result = annotation.removeprefix("Operation[").removesuffix("]")
    twin.__name__ = name
    twin.__qualname__ = ".".join([*operation.__qualname__.split(".")[:-1], name])
    twin.__code__ = twin.__code__.replace(co_name=name, co_qualname=twin.__qualname__)  # for tracebacks and profiles
    twin.__annotations__ = {**operation.__annotations__, "return": result}
    twin.__signature__ = signature.replace(return_annotation=result)


# A server of one machine builds schema with few workers; more requests at once would only queue there.
AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Gather(Effect[list[Result]]):
    """Run all `works`, at most `at_once` at a time; return their results in order.

    All of them end before the first error, in their order, is raised.
    """

    works: Sequence[Operation[Result]]
    at_once: int = AT_ONCE

    def perform(self) -> list[Result]:
        if len(self.works) == 1:
            return [run_sync(self.works[0], even_on_event_loop=True)]  # the caller has checked it
        with ThreadPoolExecutor(self.at_once) as pool:
            futures = [pool.submit(close_caches_after(run_sync), work) for work in self.works]
        return [future.result() for future in futures]

    async def aperform(self) -> list[Result]:
        free = asyncio.Semaphore(self.at_once)

        async def limited(work: Operation[Result]) -> Result:
            async with free:
                return await run_async(work)

        results: list[Result] = []
        for result in await asyncio.gather(*map(limited, self.works), return_exceptions=True):
            if isinstance(result, BaseException):
                raise result
            results.append(result)
        return results
