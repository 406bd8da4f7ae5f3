"""The worker for tables: it creates rows, alone and in batches, and reads them, blocking and asynchronously."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

from django_appwrite_orm import orm, register
from django_appwrite_orm.cache import recording
from django_appwrite_orm.exceptions import AppwriteError
from tests.cache.torture.tables import TABLES
from tests.cache.torture.worker import Worker

# A part of a table is written for so many seconds.
PART = 3
# A worker's rows in a part of a table are numbered from 0 on; those up to here are asked for one by one.
ROWS = 3
READERS = 2


class TableWorker(Worker):
    def __init__(self, name: str, names: list[str], log: str, seed: int) -> None:
        super().__init__(name, names, log, seed)
        for table in TABLES:
            register(table)
        self._tables = TABLES
        self._written: dict[str, int] = {}

    def run(self) -> None:
        for _ in range(READERS):
            threading.Thread(target=self._read_on, daemon=True).start()
        threading.Thread(target=lambda: asyncio.run(self._read_on_async()), daemon=True).start()
        while True:
            time.sleep(self._chance.uniform(0.3, 1.2))
            self._write() if self._chance.random() < 0.8 else self._write_a_batch()

    def _write(self) -> None:
        start = time.monotonic()
        table, part = self._chance.choice(self._tables), int(start // PART)
        group = f"{table._meta.name}/{part}"
        number = self._written[group] = self._written.get(group, -1) + 1
        row = f"{self._name}-{part}-{number}"
        try:
            # One connection repeats a create that got no answer, the other leaves it at that.
            table.objects.using(self._chance.choice(["default", "once"])).create(id=row, part=part)
        except AppwriteError as error:
            self._note("unclear" if error.unclear else "refused", start, group, [row])
        else:
            self._note("wrote", start, group, [row])

    def _write_a_batch(self) -> None:
        """Three rows under one fence, with pauses in which others may read."""
        table, part = self._chance.choice(self._tables), int(time.monotonic() // PART)
        group = f"{table._meta.name}/{part}"
        with orm.table(table._meta.name).batch() as batch:
            for _ in range(3):
                number = self._written[group] = self._written.get(group, -1) + 1
                row, start = f"{self._name}-{part}-{number}", time.monotonic()
                batch.create({"part": part}, id=row)
                error: Any = batch.results[-1].error
                kind = "wrote" if error is None else "unclear" if error.unclear else "refused"
                self._note(kind, start, group, [row])
                time.sleep(self._chance.uniform(0, 0.1))

    def _question(self) -> tuple[Any, str, str]:
        """What to read: a queryset, the group its rows belong to, and the id if it is one row."""
        table = self._chance.choice(self._tables)
        part = int(time.monotonic() // PART) - (self._chance.random() < 0.3)
        group = f"{table._meta.name}/{part}"
        # Past the cache now and then: what such a read shows, no later one may miss.
        rows = table.objects.uncached() if self._chance.random() < 0.2 else table.objects.all()
        if self._chance.random() < 0.6:
            return rows.filter(part=part), group, ""
        wanted = f"{self._chance.choice(self._names)}-{part}-{self._chance.randrange(ROWS)}"
        return rows.filter(pk=wanted), group, wanted

    def _read_on(self) -> None:
        while True:
            time.sleep(self._chance.uniform(0.02, 0.08))
            rows, group, wanted = self._question()
            start = time.monotonic()
            try:
                with recording() as record:
                    found = [row.id for row in rows]
            except AppwriteError:
                self._note("failed", start, group, [], wanted)
            else:
                self._note("got" if wanted else "read", start, group, found, wanted, record.worst.name)

    async def _read_on_async(self) -> None:

        while True:
            await asyncio.sleep(self._chance.uniform(0.02, 0.08))
            rows, group, wanted = self._question()
            start = time.monotonic()
            try:
                with recording() as record:
                    found = [row.id async for row in rows]
            except AppwriteError:
                self._note("failed", start, group, [], wanted)
            else:
                self._note("got" if wanted else "read", start, group, found, wanted, record.worst.name)
