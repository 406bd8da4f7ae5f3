"""One process that reads and writes until it is ended, and logs every call: started by `run`.

`python -m tests.cache.torture.worker CONFIG`, a JSON object: the Django `settings`, the `kind` of worker, the `log` to
write, its own `name` and the `names` of all, a `seed`, and what it goes `without`: see `SAFEGUARDS`.
"""

from __future__ import annotations

import importlib
import json
import math
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
from django.conf import settings

# The module and the class of each kind of worker; their imports need Django's settings.
KINDS = {
    "tables": ("tests.cache.torture.table_worker", "TableWorker"),
    "models": ("tests.cache.torture.model_worker", "ModelWorker"),
}


class Worker:
    """What workers of all kinds have: their names, a log, and a source of random numbers."""

    def __init__(self, name: str, names: list[str], log: str, seed: int) -> None:
        self._name, self._names = name, names
        self._log = Path(log).open("a", buffering=1)  # noqa: SIM115
        self._chance = random.Random(seed)

    def run(self) -> None:
        """Read and write until the process is ended."""
        raise NotImplementedError

    def _note(self, kind: str, start: float, group: str, rows: list[str], wanted: str = "", status: str = "") -> None:
        self._log.write(json.dumps([kind, start, time.monotonic(), group, rows, wanted, status]) + "\n")


def _without_fence() -> None:
    """Writers say that a fence stands, and put up none."""
    from django_appwrite_orm.cache import writes

    def fence(store: object, tables: object, ttl: object) -> Any:
        return writes._Fence(math.inf)
        yield

    writes._fence = fence


def _without_invalidation() -> None:
    """Writers of makers, one of the tables of joins, leave alone what is cached of them."""
    from django_appwrite_orm.connection.connection import Connection

    fenced = Connection.fenced

    def partly_fenced(self: Connection, tables: Any, send: Any, rows: int = 1) -> Any:
        return fenced(self, [table for table in tables if table.table != "warehouse_maker"], send, rows)

    Connection.fenced = partly_fenced  # type: ignore[method-assign]


# What a worker can go without, to show that the checker finds what goes wrong.
SAFEGUARDS: dict[str, Callable[[], None]] = {"fence": _without_fence, "invalidation": _without_invalidation}


def main() -> None:
    config = json.loads(sys.argv[1])
    settings.configure(**config["settings"])
    django.setup()
    from django_appwrite_orm.cache import keys, writes

    # This server applies nothing later than two seconds after its client gave up, so fences need not outlive that.
    writes.QUERY_SECONDS, writes.MARGIN = 2, 2
    keys.IN_DOUBT_TTLS = (writes.fence_ttl(2), 80, 320)
    if config["without"]:
        SAFEGUARDS[config["without"]]()
    module, name = KINDS[config["kind"]]
    getattr(importlib.import_module(module), name)(*(config[key] for key in ("name", "names", "log", "seed"))).run()


if __name__ == "__main__":
    main()
