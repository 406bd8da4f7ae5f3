"""The store of a test run: one local Appwrite in the memory of the process, for all of its test databases.

Blocks of `TestCase` are put back by snapshots of it. A database with `"ALLOW_IN_TESTS": True` in APPWRITE_ORM is not in
the store: its tests reach the server of its settings.
"""

from __future__ import annotations

import tempfile
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from django.db import connections as databases

from ...conf import replacing
from ...conf.test_runs import OF_TEST_STORE, USUAL_IN_TEST_STORE
from ...connection import connections
from ...plans import Request, TableRef
from ...sansio import run_sync
from ...transport import IN_MEMORY, open_local

if TYPE_CHECKING:
    from ...local import LocalAppwrite

_VENDOR = "appwrite"
_FILE = "store.sqlite3"


class _Store:
    """What this process has of it. `names` are aliases in APPWRITE_ORM; `directory` is for copies of the store."""

    context: AbstractContextManager[None] | None = None
    names: frozenset[str] = frozenset()
    directory: tempfile.TemporaryDirectory[str] | None = None


def enter(name: str) -> None:
    """Have every connection of APPWRITE_ORM lead to the store, and make room in it for the database of `name`."""
    if _Store.context is None:
        _open()
    _delete_database(name)
    _Store.names |= {name}


def _open() -> None:
    _Store.context = replacing(OF_TEST_STORE, defaults=USUAL_IN_TEST_STORE)
    _Store.context.__enter__()


def leave(name: str) -> None:
    """Delete the database of `name`. After the last one connections lead where the settings say."""
    _delete_database(name)
    _Store.names -= {name}
    if not _Store.names and _Store.context is not None:
        if _Store.directory is not None:
            _Store.directory.cleanup()
            _Store.directory = None
        context, _Store.context = _Store.context, None
        context.__exit__(None, None, None)


def names_in_store() -> frozenset[str]:
    """Return the aliases in APPWRITE_ORM whose databases are in the store. Empty where there is no test run."""
    return _Store.names


def _delete_database(name: str) -> None:
    connection = connections[name]
    request = Request("DELETE", f"/tablesdb/{connection.settings.database_id}", absent="database_not_found")
    run_sync(connection.send(request), even_on_event_loop=True)


def copy_to_file() -> str:
    """Write the store into a file for other processes, and return its path. The file is deleted with the store."""
    if _Store.directory is None:
        _Store.directory = tempfile.TemporaryDirectory(prefix="django_appwrite_orm_")
    path = str(Path(_Store.directory.name, _FILE))
    with closing(_in_file(path)) as file, open_local(IN_MEMORY).snapshot() as snapshot:
        file.restore(snapshot)
    return path


def _in_file(path: str) -> LocalAppwrite:
    from ...local import LocalAppwrite  # only test runs pay for its import, and not every process with models

    return LocalAppwrite(path)


def enter_copy(name: str, path: str) -> None:
    """Have the database of `name` as the process that wrote the file has it. The file has all databases."""
    if _Store.context is None:
        _open()
        with closing(_in_file(path)) as file, file.snapshot() as snapshot:
            open_local(IN_MEMORY).restore(snapshot)
    _Store.names |= {name}


class Copy:
    """What the store held when this was made, and the tables of models that have changed since.

    Close it, or use it as a context manager.
    """

    def __init__(self) -> None:
        self._snapshot = open_local(IN_MEMORY).snapshot()
        self._changed: set[tuple[str, TableRef]] = set()
        _copies.append(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        _copies.remove(self)
        self._snapshot.close()

    def restore(self) -> None:
        """Make the store what it was, and drop the cached results of those tables."""
        open_local(IN_MEMORY).restore(self._snapshot)
        for name, table in self._changed:
            run_sync(connections[name].invalidate(table), even_on_event_loop=True)


_copies: list[Copy] = []


def note_changed(name: str, table: TableRef) -> None:
    """Note a table of a model that was changed by the connection of `name`."""
    for copy in _copies:
        copy._changed.add((name, table))


class Snapshots:
    """What the blocks of `TestCase` on one database put back, by the id of their savepoint; None for the outermost.

    A copy is made before the first change inside a block, for all databases at once: they share one store.
    """

    def __init__(self) -> None:
        self._taken: dict[str | None, _Shared] = {}

    def before_change(self) -> None:
        """Copy the store for the open blocks that have no copy."""
        wrappers: list[Any] = databases.all(initialized_only=True)  # type: ignore[assignment]
        waiting = [
            (wrapper.creation.snapshots, sid)
            for wrapper in wrappers
            if wrapper.vendor == _VENDOR and wrapper.creation.has_test_store
            for sid in _test_blocks(wrapper)
            if sid not in wrapper.creation.snapshots._taken
        ]
        if waiting:
            shared = _Shared(Copy(), len(waiting))
            for snapshots, sid in waiting:
                snapshots._taken[sid] = shared

    def forget(self, sid: str | None) -> None:
        """Keep what was changed in the block."""
        for taken in self._ended(sid):
            taken.release()

    def restore(self, sid: str | None) -> None:
        """Put back what was there before the block, if it is one of a `TestCase` and has changed anything."""
        if sid in self._taken:
            self._taken[sid].copy.restore()
        self.forget(sid)

    def _ended(self, sid: str | None) -> list[_Shared]:
        """Remove those of the block, and of the blocks in it, and return them."""
        sids = list(self._taken)
        ended = sids[sids.index(sid) :] if sid in self._taken else []
        return [self._taken.pop(each) for each in ended]


@dataclass
class _Shared:
    """A copy, and by how many blocks it is held."""

    copy: Copy
    blocks: int

    def release(self) -> None:
        self.blocks -= 1
        if self.blocks == 0:
            self.copy.close()


def _test_blocks(wrapper: Any) -> list[str | None]:
    """Return the ids of the open blocks of a `TestCase`."""
    ids = [None, *wrapper.savepoint_ids]
    return [sid for block, sid in zip(wrapper.atomic_blocks, ids, strict=False) if block._from_testcase]
