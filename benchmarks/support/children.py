"""Child processes that prepare themselves, then work at the same time."""

from __future__ import annotations

import os
from collections.abc import Callable

# What a child does, once all of them are ready. The number that it returns is added to those of the others.
Work = Callable[[], float]


def in_children(number: int, start: Callable[[], Work], begin: Callable[[], object] = lambda: None) -> float:
    """Fork, call `start` in each child and what it returns in all of them at once; return the sum of their numbers.

    `begin` is called in this process when all children are ready.
    """
    go, let_go = os.pipe()
    ready, said = os.pipe()
    children = []
    for _ in range(number):
        child = os.fork()
        if not child:
            _child(start, go, said)
        children.append(child)
    for _ in children:
        os.read(ready, 1)
    begin()
    os.write(let_go, b"." * number)
    statuses = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    if any(statuses):
        raise RuntimeError(f"Child processes ended with {statuses}.")
    os.close(said)
    with os.fdopen(ready) as lines:
        total = sum(map(float, lines))
    for pipe in (go, let_go):
        os.close(pipe)
    return total


def _child(start: Callable[[], Work], go: int, said: int) -> None:
    """Be ready, wait for the others, work and write the number; end without what the parent has opened."""
    status = 1
    try:
        work = start()
        os.write(said, b".")
        os.read(go, 1)
        os.write(said, f"{work()}\n".encode())
        status = 0
    except Exception as error:
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(status)
