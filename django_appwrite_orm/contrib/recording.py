"""Record what is read, written and requested here: for the debug toolbar and for assertions in tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ..signals.observers import Activity, Kind, observers
from ..threads import ContextValue


@dataclass(slots=True, eq=False)
class Recording:
    """The activities in the order of their beginning; those that have not ended have no duration.

    Those of the context that it was opened in, of the tasks started there, and of `sync_to_async`, `async_to_sync` and
    `asyncio.to_thread`. A plain thread is not part of it. `note` is called at each beginning, and its result kept in
    `notes`. `outer` is the recording that this one was opened in, which gets the same activities.
    """

    note: Callable[[Activity], Any] | None = None
    outer: Recording | None = None
    activities: list[Activity] = field(default_factory=list)
    notes: dict[Activity, Any] = field(default_factory=dict)
    closed: bool = False

    def of(self, *kinds: Kind) -> list[Activity]:
        """Return the activities of these kinds that have ended."""
        return [activity for activity in self.activities if activity.kind in kinds and activity.duration is not None]

    def outermost(self, *kinds: Kind) -> list[Activity]:
        """Return those of these kinds that are part of no other one of these kinds."""
        return [activity for activity in self.of(*kinds) if not any(activity.within(kind) for kind in kinds)]


_current: ContextValue[Recording | None] = ContextValue("appwrite_recording", None)


class _Recorder:
    """The observer that writes into the open recordings of the context."""

    def __init__(self) -> None:
        self._open = 0
        self._lock = threading.Lock()

    def opened(self) -> None:
        with self._lock:
            self._open += 1
            if self._open == 1:
                observers.append(self)

    def closed(self) -> None:
        with self._lock:
            self._open -= 1
            if self._open == 0:
                observers.remove(self)

    def began(self, activity: Activity) -> None:
        recording = _current.get()
        notes: list[tuple[dict[Activity, Any], Callable[[Activity], Any]]] = []
        while recording is not None:
            if not recording.closed:
                recording.activities.append(activity)
                if recording.note is not None:
                    notes.append((recording.notes, recording.note))
            recording = recording.outer
        for kept, note in notes:  # last: one that fails ends this
            kept[activity] = note(activity)

    def ended(self, activity: Activity) -> None:
        pass


_recorder = _Recorder()


@contextmanager
def recording(note: Callable[[Activity], Any] | None = None) -> Iterator[Recording]:
    """Record what happens inside; the recording is closed afterwards, also for work that still goes on."""
    opened = Recording(note, _current.get())
    before = _current.held()
    _recorder.opened()
    _current.set(opened)
    try:
        yield opened
    finally:
        opened.closed = True
        _current.restore(before)
        _recorder.closed()
