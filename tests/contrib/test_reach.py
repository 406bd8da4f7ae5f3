"""What tests may reach: nothing but their own store, unless the settings say so."""

from __future__ import annotations

import asyncio
import io
import os
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import RequestFactory
from django.test.utils import _TestState

from django_appwrite_orm import atomic, orm
from django_appwrite_orm.conf.test_runs import is_test_run
from django_appwrite_orm.connection import connections
from django_appwrite_orm.connection.guard import refusal
from django_appwrite_orm.contrib.testing import clean_appwrite
from django_appwrite_orm.events import webhook_registration
from django_appwrite_orm.events.pubsub import ChannelListener, publish
from django_appwrite_orm.events.realtime import Listener
from django_appwrite_orm.exceptions import ConfigurationError, Unavailable
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.web.health import appwrite_health
from tests.support.library.tables import Book
from tests.support.ports import free_port

REPOSITORY = Path(__file__).parents[2]
GUARD = "APPWRITE_ORM_ALLOW_IN_TESTS"


@pytest.fixture
def guarded(monkeypatch) -> None:
    """As in a project: this suite allows itself every server."""
    monkeypatch.delenv(GUARD)
    connections.reset()


@pytest.fixture
def door() -> Iterator[socket.socket]:
    """A port where nobody may knock."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.fixture
def real(door, guarded, settings) -> dict[str, object]:
    host, port = door.getsockname()
    given = {
        "ENDPOINT": f"http://{host}:{port}/v1",
        "PROJECT_ID": "shop",
        "API_KEY": "secret",
        "DATABASE_ID": "library",
        "RETRIES": 0,
        "SERVER_VERSION": "1.9.6",
        "CHANNEL_URL": f"redis://{host}:{port}/0",
        "WEBHOOK_URL": "https://shop.example/appwrite/",
        "WEBHOOK_SECRET": "long enough",
    }
    settings.APPWRITE_ORM = {"default": given}
    return given


def _version() -> object:
    connections["default"].client.features = None
    return run_sync(connections["default"].features())


def _dump() -> None:
    call_command("dump_appwrite", stdout=io.StringIO())


def _transaction() -> None:
    with atomic():
        Book.objects.create(title="Dune", price=1)


def _in_a_thread() -> object:
    caught: list[BaseException] = []

    def work() -> None:
        try:
            Book.objects.count()
        except ConfigurationError as error:
            caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    raise caught[0]


DOORS: dict[str, Callable[[], object]] = {
    "read": lambda: list(Book.objects.all()),
    "uncached read": lambda: Book.objects.uncached().count(),
    "asynchronous read": lambda: asyncio.run(Book.objects.acount()),
    "thread": _in_a_thread,
    "create": lambda: Book.objects.create(title="Dune", price=1),
    "save": lambda: Book(title="Dune", price=1).save(),
    "bulk": lambda: Book.objects.bulk_create([Book(title="Dune", price=1)]),
    "update": lambda: Book.objects.update(price=1),
    "delete": lambda: Book.objects.all().delete(),
    "verbs": lambda: orm.table("books").create({"title": "Dune", "price": 1}),
    "is_updated": lambda: Book.objects.is_updated(),
    "version": _version,
    "transaction": _transaction,
    "migrate_appwrite": lambda: call_command("migrate_appwrite", interactive=False, verbosity=0),
    "inspect_appwrite": lambda: call_command("inspect_appwrite"),
    "dump_appwrite": _dump,
    "sdk_client": lambda: connections["default"].sdk_client().call("GET", "/users"),
    "listen": lambda: orm.listen(print),
    "listener": lambda: Listener("default").run(),
    "channel": lambda: ChannelListener("default").run(),
    "publish": lambda: publish(Book, "default"),
    "webhook": lambda: run_sync(webhook_registration.register(connections["default"])),
    "webhook_appwrite": lambda: call_command("webhook_appwrite", register=True),
    "health": lambda: appwrite_health(RequestFactory().get("/")),
}


@pytest.mark.parametrize("name", DOORS)
def test_a_test_does_not_reach_a_server(real, name: str) -> None:
    with pytest.raises((ConfigurationError, CommandError), match=r"'default'.*clean_appwrite.*'ALLOW_IN_TESTS': True"):
        DOORS[name]()


def test_a_load_does_not_reach_a_server(real, tmp_path) -> None:
    file = tmp_path / "books.jsonl"
    file.write_text('{"table": "books", "row": {"$id": "dune", "title": "Dune", "price": 1}}\n')
    with pytest.raises((ConfigurationError, CommandError), match="ALLOW_IN_TESTS"):
        call_command("load_appwrite", str(file))


def test_a_connection_that_is_older_than_the_test_run(real, monkeypatch) -> None:
    monkeypatch.delenv("PYTEST_VERSION")
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    saved = _TestState.__dict__["saved_data"]
    monkeypatch.delattr(_TestState, "saved_data")
    assert not is_test_run()
    connection = connections["default"]
    connection.check_allowed()
    monkeypatch.setattr(_TestState, "saved_data", saved, raising=False)
    with pytest.raises(ConfigurationError, match="ALLOW_IN_TESTS"):
        run_sync(connection.is_current(Book._meta.ref("library")))


def test_the_store_of_the_tests_goes_before_all_overrides(real, settings) -> None:
    with clean_appwrite():
        settings.APPWRITE_ORM = {"default": real}
        Book.objects.create(title="Dune", price=1)
        assert Book.objects.count() == 1
    with pytest.raises(ConfigurationError, match="ALLOW_IN_TESTS"):
        Book.objects.count()


def test_a_server_that_is_allowed(guarded, settings) -> None:
    given = {"ENDPOINT": f"http://127.0.0.1:{free_port()}/v1", "PROJECT_ID": "p", "API_KEY": "k", "DATABASE_ID": "d"}
    settings.APPWRITE_ORM = {"default": {**given, "RETRIES": 0, "ALLOW_IN_TESTS": True}}
    with pytest.raises(Unavailable):
        Book.objects.count()


def test_only_files_in_the_temporary_directory_are_allowed(guarded, settings, tmp_path) -> None:
    def refused(endpoint: str) -> bool:
        return refusal("default", endpoint, allowed=False) is not None

    settings.BASE_DIR = REPOSITORY
    assert not refused("local::memory:")
    assert not refused(f"local:{tmp_path}/x.sqlite3")
    assert refused(f"local:{REPOSITORY}/appwrite.sqlite3")
    assert refused("https://appwrite.example/v1")
    settings.BASE_DIR = tmp_path / "project"
    assert refused(f"local:{tmp_path}/project/appwrite.sqlite3")
    assert not refused(f"local:{tmp_path}/other/appwrite.sqlite3")
    link = tmp_path / "project" / "elsewhere"
    link.parent.mkdir()
    link.symlink_to(REPOSITORY)
    assert refused(f"local:{link}/appwrite.sqlite3")


SETTINGS = """
SECRET_KEY = "x"
USE_TZ = True
BASE_DIR = {folder!r}
INSTALLED_APPS = ["django_appwrite_orm", "shop"]
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR + "/db.sqlite3"}}}}
APPWRITE_ORM = {{"default": {{"ENDPOINT": "local:production.sqlite3", "DATABASE_ID": "db"}}}}
"""
TABLES = """
from django_appwrite_orm import Table, columns

class Toy(Table):
    name = columns.String()
"""
# Classes run in any order and in any process; the last two stand for what forgets the mixin.
TESTS = """
import multiprocessing
import os
import subprocess
import sys
import unittest
from django.test import SimpleTestCase, TestCase, TransactionTestCase, LiveServerTestCase, override_settings
from django_appwrite_orm.contrib.testing import AppwriteTestMixin
from django_appwrite_orm.exceptions import ConfigurationError
from shop.tables import Toy

def names():
    return sorted(toy.name for toy in Toy.objects.all())

class Shared(AppwriteTestMixin):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Toy.objects.create(name="class")

    def setUp(self):
        Toy.objects.create(name="before")
        super().setUp()
        Toy.objects.create(name="after")

    def test_one(self):
        self.assertEqual(names(), self.expected)
        Toy.objects.create(name="one")

    def test_two(self):
        self.assertEqual(names(), self.expected)
        Toy.objects.all().delete()

    async def test_three(self):
        self.assertEqual(sorted([toy.name async for toy in Toy.objects.all()]), self.expected)
        await Toy.objects.acreate(name="three")

    expected = ["after", "before", "class"]

class Simple(Shared, SimpleTestCase):
    pass

class Transactions(Shared, TransactionTestCase):
    pass

class Live(Shared, LiveServerTestCase):
    pass

class Data(Shared, TestCase):
    expected = ["after", "before", "class", "data"]

    @classmethod
    def setUpTestData(cls):
        cls.toy = Toy.objects.create(name="data")

    def test_data(self):
        self.assertEqual(Toy.objects.get(pk=self.toy.pk), self.toy)
        self.toy.name = "changed"
        self.toy.save()

    def test_data_again(self):
        self.assertEqual(Toy.objects.get(pk=self.toy.pk).name, "data")
        self.assertEqual(self.toy.name, "data")

@override_settings(APPWRITE_ORM={"default": {
    "ENDPOINT": "https://appwrite.example/v1", "PROJECT_ID": "p", "API_KEY": "k", "DATABASE_ID": "db"}})
class Overridden(Data):
    pass

class Skipped(Shared, SimpleTestCase):
    @unittest.skip("not now")
    def test_one(self):
        raise AssertionError

class WithoutTheMixin(TestCase):
    def test_it(self):
        with self.assertRaisesMessage(ConfigurationError, "AppwriteTestMixin"):
            Toy.objects.create(name="never")

    def test_in_a_child_process(self):
        code = "import django; django.setup(); from shop.tables import Toy; Toy.objects.create(name='never')"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        self.assertIn("AppwriteTestMixin", done.stderr)

class DataWithoutTheMixin(TestCase):
    @classmethod
    def setUpTestData(cls):
        try:
            Toy.objects.create(name="never")
        except ConfigurationError as error:
            cls.error = str(error)

    def test_it(self):
        self.assertIn("'ALLOW_IN_TESTS': True", self.error)
"""
# Of no class of Django's; a process that is not forked could not be given it.
PLAIN = """
import unittest
from shop.tests import Shared

class Plain(Shared, unittest.IsolatedAsyncioTestCase):
    pass

del Shared
"""
PYTEST = """
import pytest
from shop.tables import Toy
from django_appwrite_orm.contrib.testing import (
    appwrite, appwrite_class, appwrite_module, appwrite_session,
)
from django_appwrite_orm.exceptions import ConfigurationError

@pytest.fixture(scope="module")
def lamp(appwrite_module):
    return Toy.objects.create(name="lamp")

@pytest.fixture(scope="class")
def ball(lamp, appwrite_class):
    return Toy.objects.create(name="ball")

@pytest.fixture(scope="session")
def forgetful():
    with pytest.raises(ConfigurationError, match="appwrite_session"):
        Toy.objects.create(name="never")

def test_nothing_is_reached(forgetful):
    with pytest.raises(ConfigurationError, match="'appwrite'"):
        Toy.objects.count()

def test_alone(appwrite):
    assert Toy.objects.count() == 0
    Toy.objects.create(name="alone")

@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.usefixtures("ball", "appwrite")
class TestBoth:
    def test_both(self, number):
        assert sorted(toy.name for toy in Toy.objects.all()) == ["ball", "lamp"]
        Toy.objects.create(name="one")

    def test_deleted(self, number):
        Toy.objects.all().delete()

@pytest.mark.parametrize("number", [1, 2])
def test_only_the_module_s(lamp, appwrite, number):
    assert [toy.name for toy in Toy.objects.all()] == ["lamp"]
    Toy.objects.create(name="more")
"""

# An app that reads in its ready(), before the one of this package is ready.
EARLY = """
from django.apps import AppConfig
from django_appwrite_orm.connection import connections
from django_appwrite_orm.exceptions import ConfigurationError

class EarlyConfig(AppConfig):
    name = "early"

    def ready(self):
        try:
            connections["default"].check_allowed()
        except ConfigurationError as error:
            print(f"early: {error}")
"""
LATE = """
import atexit
import os
import threading
from shop.tables import Toy
from django_appwrite_orm.exceptions import ConfigurationError

def write(when):
    try:
        Toy.objects.create(name="never")
    except ConfigurationError as error:
        print(f"{when}: {error}")

def late():
    threading.main_thread().join()
    write("late")

def test_it(appwrite):
    assert Toy.objects.count() == 0
    threading.Thread(target=late).start()
    atexit.register(write, "atexit")

from django_appwrite_orm.contrib.testing import appwrite
"""


@pytest.fixture
def project(tmp_path) -> Path:
    """A project whose server is a file of its own, and whose tests must leave that file alone."""
    for name, text in {
        "config.py": SETTINGS.format(folder=str(tmp_path)),
        "shop/__init__.py": "",
        "shop/tables.py": TABLES,
        "shop/tests.py": TESTS,
        "shop/plain.py": PLAIN,
        "test_with_pytest.py": PYTEST,
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(textwrap.dedent(text))
    return tmp_path


def _run(project: Path, *command: str, **more: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", GUARD))}
    path = os.pathsep.join([str(project), str(REPOSITORY), os.environ.get("PYTHONPATH", "")])
    environment |= {"DJANGO_SETTINGS_MODULE": "config", "PYTHONPATH": path, **more}
    done = subprocess.run(
        [sys.executable, "-W", "error", *command],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not list(project.glob("production.sqlite3*"))
    assert "W001" not in done.stdout + done.stderr  # at every run of the tests it would say nothing new
    return done.stdout + done.stderr


def test_under_django_s_runner(project) -> None:
    output = _run(project, "-m", "django", "test", "shop.tests", "shop.plain", "--shuffle")
    # Not "Ran 28 tests": Python 3.12.1 leaves out the skipped one.
    assert "Found 28 test(s)" in output
    assert "\nOK" in output


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_parallel_test_runs_reach_no_server(project, method: str) -> None:
    start = f"""
        import multiprocessing, sys
        from django.core.management import execute_from_command_line
        if __name__ == "__main__":
            multiprocessing.set_start_method({method!r})
            execute_from_command_line(sys.argv)
    """
    (project / "manage.py").write_text(textwrap.dedent(start))
    assert "Ran 25 tests" in _run(project, "manage.py", "test", "shop.tests", "--parallel", "2")


@pytest.mark.slow
@pytest.mark.parametrize("plugin", ["django", "no:django"])
def test_under_pytest(project, plugin: str) -> None:
    if plugin == "no:django":
        (project / "conftest.py").write_text("import django\n\ndjango.setup()\n")
    options = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--rootdir", str(project))
    command = ("-m", "pytest", *options, *(("-p", plugin) if plugin != "django" else ()))
    assert "8 passed" in _run(project, *command, "test_with_pytest.py")


@pytest.mark.parametrize("command", [("django", "test"), ("unittest", "plain_tests")])
def test_before_django_s_test_environment_is_set_up(project, command: tuple[str, ...]) -> None:
    (project / "early").mkdir()
    (project / "early" / "__init__.py").write_text("")
    (project / "early" / "apps.py").write_text(textwrap.dedent(EARLY))
    (project / "config.py").write_text(SETTINGS.format(folder=str(project)).replace('["', '["early", "', 1))
    (project / "plain_tests.py").write_text("import django\ndjango.setup()\n" + textwrap.dedent(PLAIN))
    assert "early: APPWRITE_ORM['default']: tests run" in _run(project, "-m", *command)


@pytest.mark.slow
@pytest.mark.parametrize("plugin", ["django", "no:django"])
def test_threads_that_outlive_pytest(project, plugin: str) -> None:
    (project / "conftest.py").write_text("import django\n\ndjango.setup()\n")
    (project / "test_late.py").write_text(textwrap.dedent(LATE))
    said = _run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", plugin, "test_late.py")
    assert "late: APPWRITE_ORM['default']: tests run" in said
    assert "atexit: APPWRITE_ORM['default']: tests run" in said


def test_a_script_whose_argument_is_test(project) -> None:
    code = """
        import django
        django.setup()
        from django_appwrite_orm.connection import connections
        connections["default"].check_allowed()
        print("allowed")
    """
    (project / "crawl.py").write_text(textwrap.dedent(code))
    assert "allowed" in _run(project, "crawl.py", "test")


def test_the_mixin_stands_first() -> None:
    code = """
        from django.test import SimpleTestCase
        from django_appwrite_orm.contrib.testing import AppwriteTestMixin

        class Wrong(SimpleTestCase, AppwriteTestMixin):
            pass
    """
    with pytest.raises(TypeError, match="Wrong: put AppwriteTestMixin before"):
        exec(textwrap.dedent(code), {"__name__": "tests"})
