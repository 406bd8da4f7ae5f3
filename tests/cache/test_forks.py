"""A forked child, as gunicorn's workers are under preload, works whatever the parent's threads were at."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="only where processes fork")

# In the parent a thread holds a lock of each kind and keeps it; the child reads, writes and reads again.
PRELOADED = """
import os, signal, sys, threading, time
from django.conf import settings
settings.configure(
    INSTALLED_APPS=["django_appwrite_orm", "tests.support.library"],
    USE_TZ=True,
    CACHES={"default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": sys.argv[1]}},
    APPWRITE_ORM={"default": {"ENDPOINT": f"local:{sys.argv[1]}/rows.sqlite3", "DATABASE_ID": "library",
                              "CACHE": {"STALE_WHILE_REVALIDATE": 60}}},
)
import django
django.setup()
from django_appwrite_orm import sansio as steps
from django_appwrite_orm.cache.keys import Keys
from django_appwrite_orm.connection import connections
from django_appwrite_orm.schema import migrate
from django_appwrite_orm.transport import local
from tests.support.library.tables import Book, Everything, Reader
steps.run_sync(migrate([Book, Reader, Everything]))
Book.objects.create(title="Dune", price=1)
list(Book.objects.all())
store = connections["default"].store
flight = store.flights.join((None, "under way"))
owners = {
    "connections": connections, "outage": store.outage, "ledger": store.ledger, "memory": store.memory,
    "flights": store.flights, "statistics": connections["default"].statistics, "local": local._servers,
}
held = threading.Event()

def hold():
    owners[sys.argv[2]]._lock.acquire()
    while steps._background._free.acquire(blocking=False):  # and all threads there may be are at work
        pass
    held.set()
    time.sleep(60)

threading.Thread(target=hold, daemon=True).start()
held.wait()
child = os.fork()
if not child:
    signal.alarm(20)
    store = connections["default"].store
    connections["default"].statistics.flush()
    book = Book.objects.get(title="Dune")
    book.price = 2
    book.save()
    seen = [book.price for book in Book.objects.all()]
    again = store.flights.join((None, "under way")).is_leader
    store.memory.get("x"), store.ledger.touch(["x"]), store.outage.failed("get", OSError("away"))
    begun = steps._background.start(lambda: None)
    os._exit(0 if (seen, again, begun) == ([2], True, True) else 3)
os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF)
"""


@pytest.mark.parametrize("lock", ["connections", "outage", "ledger", "memory", "flights", "statistics", "local"])
def test_a_lock_held_at_the_fork_is_free_in_the_child(tmp_path: Path, lock: str) -> None:
    command = [sys.executable, "-W", "ignore", "-c", PRELOADED, str(tmp_path), lock]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
