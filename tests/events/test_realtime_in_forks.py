"""`orm.listen` in a process that forks: whenever it does so, the child can listen too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BEGINNING = """
import os, sys, threading, time
import django
from django.conf import settings
settings.configure(INSTALLED_APPS=["django_appwrite_orm", "tests.events"], APPWRITE_ORM={"default": {
    "ENDPOINT": sys.argv[1], "DATABASE_ID": "d",
    **({} if sys.argv[1].startswith("local:") else {"PROJECT_ID": "p", "API_KEY": "k"})}},
    CACHES={"default": {"BACKEND": sys.argv[2], "LOCATION": "redis://127.0.0.1:1/0"}})
django.setup()
from django_appwrite_orm import orm
"""

FORKING = (
    BEGINNING
    + """
orm.listen(print)
child = os.fork()
if not child:
    assert threading.active_count() == 1
    orm.close_listeners()
    orm.listen(print)
    assert threading.active_count() == 2
    orm.close_listeners()
    os._exit(7)
status = os.waitpid(child, 0)[1]
orm.close_listeners()
sys.exit(os.waitstatus_to_exitcode(status))
"""
)

IMPORTING = (
    BEGINNING
    + """
from django_appwrite_orm.events import subscriptions as callbacks
class Importing:
    def find_spec(self, name, path, target=None):
        if threading.current_thread() is not threading.main_thread():
            print(name)
sys.meta_path.insert(0, Importing())
orm.listen(lambda change: None)
while callbacks._hubs["default"]._listener.state == "starting":
    time.sleep(0.01)
orm.close_listeners()  # waits for the thread
"""
)
# The C library locks much while it looks up a name, here that is one lock. Its thread goes on when the fork has begun.
LOOKING_UP = (
    BEGINNING
    + """
import socket
from django_appwrite_orm.transport.sockets import addresses
look_up, lock = socket.getaddrinfo, threading.Lock()
held, forking = threading.Event(), threading.Event()
def locking(*args, **options):
    with lock:
        held.set()
        forking.wait()
        return look_up(*args, **options)
socket.getaddrinfo = locking
os.register_at_fork(before=forking.set)
if sys.argv[3] == "listener":
    orm.listen(print)
else:
    threading.Thread(target=addresses, args=("localhost", 1, 30)).start()
held.wait()
child = os.fork()
if not child:
    os._exit(3 if lock.locked() else 7)
status = os.waitpid(child, 0)[1]
orm.close_listeners()
sys.exit(os.waitstatus_to_exitcode(status))
"""
)
LOCMEM = "django.core.cache.backends.locmem.LocMemCache"
in_each_way = pytest.mark.parametrize("endpoint", ["http://localhost:1/v1", "local:here.sqlite3"])


@in_each_way
def test_a_forked_child_listens_for_itself(endpoint: str, tmp_path: Path) -> None:
    done = python(FORKING, tmp_path, endpoint)
    assert done.returncode == 7, done.stderr


@pytest.mark.parametrize("thread", ["listener", "resolver"])
def test_a_fork_waits_for_the_end_of_a_look_up(thread: str, tmp_path: Path) -> None:
    """Otherwise the lock stays locked in the child, which can never look up a name."""
    done = python(LOOKING_UP, tmp_path, "http://localhost:1/v1", LOCMEM, thread)
    assert done.returncode == 7, done.stderr


@in_each_way
@pytest.mark.parametrize(
    "cache", [LOCMEM, "django_redis.cache.RedisCache", "django.core.cache.backends.redis.RedisCache"]
)
def test_the_thread_imports_nothing(endpoint: str, cache: str, tmp_path: Path) -> None:
    """A child that is forked in the middle of an import has a half of the module, or waits for the rest forever."""
    done = python(IMPORTING, tmp_path, endpoint, cache)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def python(code: str, place: Path, endpoint: str, cache: str = LOCMEM, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, endpoint, cache, *more]
    path = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=place, env=path)
