"""Several of us at once, and answers that get lost."""

from __future__ import annotations

import threading

import pytest

from django_appwrite_orm.transport.retry import Attempt, TransportError


def in_threads(count: int, work) -> list:
    results: list = [None] * count
    gate = threading.Barrier(count)

    def one(n: int) -> None:
        gate.wait()
        results[n] = work(n)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def lose_answer(patch: pytest.MonkeyPatch, method: str, end: str = "", *, times: int = 1, applied: bool = True) -> None:
    """Let the next answers to such requests get lost, after the request was applied or before."""
    perform, left = Attempt.perform, [times]

    def losing(step):
        request = step.request
        if request.method != method or not request.path.endswith(end) or not left[0]:
            return perform(step)
        left[0] -= 1
        if applied:
            perform(step)
        raise TransportError("connection lost", sent=True)

    patch.setattr(Attempt, "perform", losing)


def at_the_commit(patch: pytest.MonkeyPatch, before=lambda: None, after=lambda: None) -> None:
    """Do something once, just before and just after the next commit of a transaction."""
    perform = Attempt.perform

    def act(step):
        if step.request.body != {"commit": True}:
            return perform(step)
        patch.setattr(Attempt, "perform", perform)
        before()
        answer = perform(step)
        after()
        return answer

    patch.setattr(Attempt, "perform", act)
