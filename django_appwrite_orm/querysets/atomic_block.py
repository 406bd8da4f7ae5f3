"""`atomic()`: apply all changes of a block or none."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, Self, TypeVar, overload

from ..conf import DEFAULT_ALIAS
from ..credentials import Using
from ..exceptions import TransactionError
from ..integrity import commit
from ..plans.limits import TRANSACTION_SECONDS
from ..sansio import Operation, refuse_event_loop, run_async, run_sync
from ..transactions import DEFAULT_SECONDS, Block, Transaction, current, open_blocks

Function = TypeVar("Function", bound=Callable[..., Any])


class Atomic:
    """`with atomic():`, `async with atomic():` or `@atomic`: apply all changes of the block at its end.

    None of them is applied when the block raises.

    At most 100 changes (a bulk one counts once) within `seconds`, 60 to 3,600, of the first. Inside, `get(pk=)` sees
    what was changed; lists and counts of changed tables raise NotSupportedError. A block inside another one on the same
    connection is part of it. Raises `Conflict` when a row was changed from outside meanwhile. Django's own transactions
    are independent of it.

    Like a transaction of Django's, a block does not include other threads: their changes are applied at once. It
    includes the tasks started in it, `asyncio.to_thread`, `sync_to_async`, and any code that runs in a copy of its
    context. The open block is stored in the context and not in this object, so that several threads and tasks may enter
    one object at a time, each for its own block.
    """

    alters_data = True  # so that templates do not call it

    def __init__(self, using: Using = DEFAULT_ALIAS, *, seconds: int = DEFAULT_SECONDS) -> None:
        if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds not in TRANSACTION_SECONDS:
            raise ValueError(f"atomic(): seconds must be a whole number from 60 to 3,600, not {seconds!r}.")
        self._using = using
        self._seconds = seconds

    def _open(self) -> Self:
        transaction = current(self._using)
        is_outermost = transaction is None or transaction.is_over
        if transaction is None or is_outermost:
            transaction = Transaction(self._using, self._seconds)
        block = Block(transaction, is_outermost, self, open_blocks.held())
        open_blocks.set({**open_blocks.get(), self._using: block})
        return self

    def _close(self, failed: bool) -> Operation[None]:
        block = open_blocks.get().get(self._using)
        if block is None or block.opener is not self:
            raise TransactionError(
                "This atomic() block ends in a different context than it began in, so nothing in it is written."
                " Perhaps a generator or fixture opened it and continued in another task or thread."
            )
        open_blocks.restore(block.before)
        if block.is_outermost:
            yield from block.transaction.roll_back() if failed else commit(block.transaction)
        elif failed:
            block.transaction.set_rollback(
                "a nested block failed, and Appwrite cannot roll back a part of a transaction"
            )

    def __enter__(self) -> Self:
        refuse_event_loop()  # __exit__ would block it
        return self._open()

    def __exit__(self, kind: object, *rest: object) -> None:
        run_sync(self._close(failed=kind is not None))

    async def __aenter__(self) -> Self:
        return self._open()

    async def __aexit__(self, kind: object, *rest: object) -> None:
        await run_async(self._close(failed=kind is not None))

    def __call__(self, function: Function) -> Function:
        """Return a function that runs `function` in a block."""
        wrapped: Any
        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def wrapped(*args: Any, **kwargs: Any) -> Any:
                async with Atomic(self._using, seconds=self._seconds):
                    return await function(*args, **kwargs)

        else:

            @wraps(function)
            def wrapped(*args: Any, **kwargs: Any) -> Any:
                with Atomic(self._using, seconds=self._seconds):
                    return function(*args, **kwargs)

        return wrapped  # type: ignore[no-any-return]


@overload
def atomic(using: Function) -> Function: ...
@overload
def atomic(using: Using = DEFAULT_ALIAS, *, seconds: int = DEFAULT_SECONDS) -> Atomic: ...
def atomic(using: Any = DEFAULT_ALIAS, *, seconds: int = DEFAULT_SECONDS) -> Any:
    """Return an `Atomic`, or the decorated function: `@atomic` is `@atomic()`."""
    return Atomic()(using) if callable(using) else Atomic(using, seconds=seconds)
