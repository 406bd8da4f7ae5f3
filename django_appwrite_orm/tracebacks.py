"""What is shown of where an exception comes from."""

from __future__ import annotations

from collections.abc import Iterator
from types import FrameType, TracebackType

_PACKAGE = __name__.rpartition(".")[0] + "."


def chain(error: BaseException, outside: BaseException | None = None) -> Iterator[BaseException]:
    """`error` and its causes and contexts, each once, as far as `outside`, which is not one of them."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = {id(outside)}
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions


def shorten(error: BaseException) -> None:
    """Leave out of the tracebacks of `error`, its causes and contexts the frames of this package, except the one in
    which each was raised: an operation is a chain of generators, and says nothing to who called it. Frames of others in
    between, such as a `save()` of the project's own, stay."""
    for one in chain(error):
        one.__traceback__ = _without_ours(one.__traceback__)


def _without_ours(traceback: TracebackType | None) -> TracebackType | None:
    kept: list[TracebackType] = []
    while traceback is not None:
        if traceback.tb_next is None or not _is_ours(traceback.tb_frame):
            kept.append(traceback)
        traceback = traceback.tb_next
    found: TracebackType | None = None
    for one in reversed(kept):
        found = TracebackType(found, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return found


def _is_ours(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).startswith(_PACKAGE)
