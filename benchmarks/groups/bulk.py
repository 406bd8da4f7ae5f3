"""Create, update and delete 1,000 rows, and walk over 100,000: seconds, requests, and memory.

Each contender has a local Appwrite over HTTP in a process of its own, which counts the requests. The 100,000 rows are
copies of one row, made within its SQLite file. Nothing is read from a cache, and writes invalidate what Redis has.

The SDK is used twice: one call for each row, as its documentation begins, and by its calls for many rows.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from ..cells import Cell, Number
from ..sizes import sized
from ..support import memory, node, sdk, servers
from ..support.products import DATABASE, product_model, site
from ..support.products import ROWS as PRODUCTS
from . import NPM, SERVING, Goal

TITLE = "Bulk writes, and a walk"
TABLE, MODEL = "table", "model"
SDK, ONE_BY_ONE = "Appwrite's SDK, bulk calls", "Appwrite's SDK, one row per call"
ORM = "appwrite-orm (npm)"
CONTENDERS = {
    TABLE: f"django_appwrite_orm {SERVING}",
    MODEL: f"django_appwrite_orm {SERVING}",
    SDK: f"appwrite {SERVING}",
    ONE_BY_ONE: f"appwrite {SERVING}",
    ORM: f"{NPM}appwrite-orm {SERVING}",
}
ROWS, WALKED = 1_000, sized(100_000, quick=5_000)
CREATE, SAME, OWN, DELETE, WALK = (
    *(f"create {ROWS:,}", f"update {ROWS:,} alike", f"update {ROWS:,}, each its own"),
    *(f"delete {ROWS:,}", f"walk over {WALKED:,}"),
)
WORKS = (CREATE, SAME, OWN, DELETE, WALK)
REQUESTS, MEMORY = "requests: ", "memory: "
TABLES = {
    "seconds, as multiples": {work: work for work in WORKS},
    "requests": {work: REQUESTS + work for work in WORKS},
    "memory at the peak, in kB more than before": {work: MEMORY + work for work in WORKS},
}
BASE = {work: (work, ONE_BY_ONE if work == OWN else SDK) for work in WORKS}
GOALS = [Goal((CREATE, TABLE), than=(CREATE, SDK), at_most=1.0)]

# The table of 100,000 rows.
ARCHIVE = "archive"
# Rows of one page of a walk by the SDK: those of its documentation, and more.
PAGE, LARGE_PAGE = 100, 1_000


@dataclass
class Work:
    """Something that is done once at a turn; its requests and memory are noted for the cells that follow."""

    action: Callable[[], dict[str, float]]
    server: servers.Server
    pid: int | None = None
    noted: dict[str, float] = field(default_factory=dict)

    def measure(self) -> dict[str, float]:
        requests = self.server.counts()["requests"]
        with memory.growth(self.pid) as grown:
            times = self.action()
        self.noted = {REQUESTS: self.server.counts()["requests"] - requests, MEMORY: grown.peak / 1_000}
        return times


def prepare(name: str, stack: ExitStack) -> dict[str, Cell]:
    file = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "rows.sqlite3"
    server = stack.enter_context(servers.running(file))
    pid = None
    if name == ORM:
        script = stack.enter_context(node.running("appwrite_orm.mjs", server.endpoint))
        pid, actions = script.pid, _of_appwrite_orm(script)
    elif name in (SDK, ONE_BY_ONE):
        client = sdk.empty(server.endpoint, sdk.TABLE, ARCHIVE)
        client.create_row(DATABASE, ARCHIVE, "first", PRODUCTS[0])
        actions = _timed(_of_sdk(client) if name == SDK else _of_single_calls(client))
    else:
        site(stack, on_appwrite=name == MODEL, endpoints={"default": server.endpoint})
        product, archive = _models() if name == MODEL else _tables(server.endpoint)
        archive.objects.create(**PRODUCTS[0])
        actions = _timed(_of_ours(product, archive, sdk.TOGETHER if name == MODEL else ROWS))
    _fill(file)
    cells: dict[str, Cell] = {}
    for measure, action in actions.items():
        work = cells[measure] = Work(action, server, pid)
        for noted in (REQUESTS, MEMORY):
            cells[noted + measure] = Number(lambda work=work, noted=noted: work.noted[noted])
    return cells


def _fill(file: Path) -> None:
    """Copy one row to WALKED rows, by one statement. Automatic keys of models begin at 1, or at 16 digits."""
    with closing(sqlite3.connect(file)) as connection, connection:
        ((number,),) = connection.execute("SELECT n FROM tables WHERE id = ?", (ARCHIVE,))
        columns = [column for _, column, *_ in connection.execute(f"PRAGMA table_info(t{number})")]
        values = ", ".join(column for column in columns if column not in ("seq", "id", "id_f"))
        connection.execute(
            f"WITH numbers(n) AS (SELECT {WALKED} UNION ALL SELECT n + 1 FROM numbers WHERE n < {2 * WALKED - 2})"
            f" INSERT INTO t{number} (id, id_f, {values})"
            f" SELECT printf('%019d', n), printf('%019d', n), {values} FROM numbers, (SELECT * FROM t{number} LIMIT 1)"
        )


def _timed(actions: dict[str, Callable[[], object]]) -> dict[str, Callable[[], dict[str, float]]]:
    def timed(action: Callable[[], object]) -> dict[str, float]:
        processor, start = time.process_time(), time.perf_counter()
        action()
        return {"wall": time.perf_counter() - start, "cpu": time.process_time() - processor}

    return {name: lambda action=action: timed(action) for name, action in actions.items()}


def _all(rows: Iterable[object]) -> None:
    if (found := sum(1 for _ in rows)) != WALKED:
        raise RuntimeError(f"The walk saw {found} of {WALKED} rows.")


def _tables(endpoint: str) -> tuple[Any, Any]:
    from django_appwrite_orm import Table, columns, register

    class Product(Table):
        name = columns.String(size=64)
        price = columns.Float()
        stock = columns.Integer()
        category = columns.String(size=16)

        class Meta:
            name = sdk.TABLE

    class Archive(Product):
        class Meta:
            name = ARCHIVE

    sdk.empty(endpoint, sdk.TABLE, ARCHIVE)
    register(Product)
    register(Archive)
    return Product, Archive


def _models() -> tuple[Any, Any]:
    from django.db import connection

    product = product_model()

    class Current(product):
        class Meta(product.Meta):
            db_table = sdk.TABLE

    class Archive(product):
        class Meta(product.Meta):
            db_table = ARCHIVE

    with connection.schema_editor() as editor:
        editor.create_model(Current)
        editor.create_model(Archive)
    return Current, Archive


def _of_ours(product: Any, archive: Any, together: int) -> dict[str, Callable[[], object]]:
    """`together`: rows of one `bulk_update()`. Django runs it in one transaction, which Appwrite limits."""
    from django_appwrite_orm.cache import cache_policy

    made: list[Any] = []
    numbers = count()

    def create() -> None:
        made[:] = product.objects.bulk_create([product(**values) for values in PRODUCTS[:ROWS]])

    def update() -> None:
        for row in made:
            row.stock = next(numbers)
        for start in range(0, ROWS, together):
            product.objects.bulk_update(made[start : start + together], ["stock"])

    def walk() -> Iterator[object]:
        with cache_policy(ttl=0):
            for row in archive.objects.iterator():
                yield (row.pk, row.name, row.price, row.stock, row.category)

    return {
        CREATE: create,
        SAME: lambda: product.objects.filter(category="books").update(price=next(numbers)),
        OWN: update,
        DELETE: lambda: product.objects.filter(category="books").delete(),
        WALK: lambda: _all(walk()),
    }


def _walk_of_sdk(client: Any, page: int) -> Iterator[object]:
    from appwrite.query import Query

    after: list[str] = []
    while rows := client.list_rows(DATABASE, ARCHIVE, [Query.limit(page), *after]).rows:
        sdk.attributes(rows)
        yield from rows
        after = [Query.cursor_after(rows[-1].id)]


def _of_sdk(client: Any) -> dict[str, Callable[[], object]]:
    from appwrite.id import ID
    from appwrite.query import Query

    books = [Query.equal("category", ["books"])]
    numbers = count()

    def create() -> None:
        rows = [{"$id": ID.unique(), **values} for values in PRODUCTS]
        for start in range(0, ROWS, sdk.TOGETHER):
            client.create_rows(DATABASE, sdk.TABLE, rows[start : start + sdk.TOGETHER])

    return {
        CREATE: create,
        SAME: lambda: client.update_rows(DATABASE, sdk.TABLE, {"price": next(numbers)}, books),
        DELETE: lambda: client.delete_rows(DATABASE, sdk.TABLE, books),
        WALK: lambda: _all(_walk_of_sdk(client, LARGE_PAGE)),
    }


def _of_single_calls(client: Any) -> dict[str, Callable[[], object]]:
    from appwrite.id import ID

    made: list[Any] = []
    numbers = count()

    def create() -> None:
        made[:] = [client.create_row(DATABASE, sdk.TABLE, ID.unique(), values) for values in PRODUCTS]

    def update() -> None:
        for row in made:
            client.update_row(DATABASE, sdk.TABLE, row.id, {"stock": next(numbers)})

    def delete() -> None:
        for row in made:
            client.delete_row(DATABASE, sdk.TABLE, row.id)

    return {CREATE: create, OWN: update, DELETE: delete, WALK: lambda: _all(_walk_of_sdk(client, PAGE))}


def _of_appwrite_orm(script: node.Script) -> dict[str, Callable[[], dict[str, float]]]:
    def run(command: str) -> Callable[[], dict[str, float]]:
        return node.OnNode(script, command, {"rows": ROWS, "table": ARCHIVE}).measure

    return {CREATE: run("create"), OWN: run("update"), DELETE: run("delete"), WALK: run("walk")}
