"""Moving a project as docs/reference/models.md says: a database of SQL by its rows, tables of Appwrite by inspectdb."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from tests.support.projects import run

pytestmark = pytest.mark.slow

SETTINGS = """
from pathlib import Path

HERE = Path(__file__).parent
SECRET_KEY = "tests"
USE_TZ = True
INSTALLED_APPS = [
    "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django_appwrite_orm", "library",
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
APPWRITE_ORM = {"default": {"ENDPOINT": f"local:{HERE / 'rows.sqlite3'}", "DATABASE_ID": "main"}}
SQL = {"ENGINE": "django.db.backends.sqlite3", "NAME": HERE / "old.sqlite3"}
APPWRITE = {"ENGINE": "django_appwrite_orm.backend", "NAME": "default"}
DATABASES = {"default": SQL, "appwrite": {**APPWRITE, "OPTIONS": {"atomic": "off"}}}
SILENCED_SYSTEM_CHECKS = ["appwrite_orm.W001"]
"""
MODELS = """
from django.conf import settings
from django.db import models


class Genre(models.Model):
    name = models.CharField(max_length=40, unique=True)


class Author(models.Model):
    name = models.CharField(max_length=80)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)


class Book(models.Model):
    title = models.CharField(max_length=80)
    slug = models.SlugField(unique=True)
    author = models.ForeignKey(Author, models.CASCADE)
    genres = models.ManyToManyField(Genre)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    sequel = models.ForeignKey("self", models.SET_NULL, null=True)
"""
FILLING = """
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.backends.db import SessionStore
from library.models import *
eve = User.objects.create_superuser("eve", password="secret")
clerks = Group.objects.create(name="clerks")
clerks.permissions.set(Permission.objects.filter(content_type__app_label="library"))
eve.groups.add(clerks)
session = SessionStore()
session["basket"] = 7
session.save()
genres = Genre.objects.bulk_create(Genre(name=f"genre {n}") for n in range(10))
authors = Author.objects.bulk_create(Author(name=f"author {n}") for n in range(400))
Author.objects.filter(pk=authors[0].pk).update(user=eve)
books = Book.objects.bulk_create(
    Book(title=f"title {n}", slug=f"book-{n}", author=authors[n % 400], price=n) for n in range(1_200)
)
books[0].sequel = books[-1]  # leads to a row that is loaded later
books[0].save()
Book.genres.through.objects.bulk_create(
    Book.genres.through(book=book, genre=genres[n % 10]) for n, book in enumerate(books[:400])
)
"""
DUMP = "dumpdata --natural-foreign --exclude contenttypes --exclude auth.permission --output rows.json"
LOAD = "loaddata --database appwrite rows.json"
# The process ends by itself, as if it were killed, before its 900th request that writes.
INTERRUPTED = f"""
import os
from django.core.management import call_command
from django_appwrite_orm.transport.retry import Attempt
perform, writes = Attempt.perform, []

def performed(self):
    writes.extend([self.request] * (self.request.method != "GET"))
    if len(writes) == 900:
        print("interrupted", flush=True)
        os._exit(0)
    return perform(self)

Attempt.perform = performed
call_command(*"{LOAD}".split())
"""
COMPARING = """
import datetime
from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType

def stored(value):  # a point in time in milliseconds
    return str(value)[:23] if isinstance(value, datetime.datetime) else value

def rows(model, alias):
    return sorted((tuple(map(stored, row.values())) for row in model.objects.using(alias).values()), key=str)

number = 0
for model in apps.get_models(include_auto_created=True):
    if model in (Permission, ContentType):  # migrate has made these
        continue
    if model is Permission.group_set.through:  # they lead to permissions, whose ids differ
        names = [
            sorted(model.objects.using(alias).values_list("group__name", "permission__codename"))
            for alias in ("default", "appwrite")
        ]
        assert names[0] == names[1] != [], names
    elif model._meta.auto_created:  # their own ids differ, too
        pairs = [sorted(row[1:] for row in rows(model, alias)) for alias in ("default", "appwrite")]
        assert pairs[0] == pairs[1], model
        number += len(pairs[0])
    else:
        assert rows(model, "default") == rows(model, "appwrite"), model
        number += model.objects.using("appwrite").count()
print("rows:", number)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    app = tmp_path / "library"
    (app / "migrations").mkdir(parents=True)
    for path, text in {
        "settings.py": SETTINGS,
        "library/__init__.py": "",
        "library/migrations/__init__.py": "",
        "library/models.py": MODELS,
    }.items():
        (tmp_path / path).write_text(text)
    return tmp_path


def execute(project: Path, code: str) -> str:
    return run(project, "-c", f"import django; django.setup()\n{dedent(code)}")


def manage(project: Path, *commands: str) -> str:
    """Run commands one after the other in one process, and return what they print."""
    calls = "; ".join(f"execute_from_command_line(['manage.py', *{command.split()!r}])" for command in commands)
    return run(project, "-c", f"from django.core.management import execute_from_command_line; {calls}")


def change_settings(project: Path, text: str) -> None:
    path = project / "settings.py"
    path.write_text(f"{path.read_text()}{text}\n")


def test_a_project_on_sql_is_moved_by_its_rows_also_after_an_interruption(project: Path) -> None:
    manage(project, "makemigrations library -v0", "migrate -v0")
    execute(project, FILLING)
    output = manage(project, "migrate --database appwrite -v0", DUMP)
    assert "interrupted" in execute(project, INTERRUPTED)
    output = manage(project, LOAD)
    assert "Installed 1613 object(s) from 1 fixture(s)" in output
    assert "rows: 2014" in execute(project, COMPARING)  # with the 401 pairs of relations to many
    change_settings(project, 'DATABASES = {"default": APPWRITE}')
    assert "No migrations to apply" in manage(project, "migrate")
    assert "new rows have ids of their own" in execute(
        project,
        """
        from django.contrib.auth import authenticate
        from django.contrib.auth.models import Group, User
        from library.models import *
        eve = authenticate(username="eve", password="secret")
        assert eve.author.name == "author 0"
        bob = User.objects.create_user("bob", password="x")
        bob.groups.add(Group.objects.get())
        assert bob.pk != eve.pk and bob.has_perm("library.add_book")
        book = Book.objects.create(title="new", slug="new", author=eve.author, price=1)
        book.genres.add(Genre.objects.create(name="new"))
        assert Book.objects.filter(genres__name="genre 3").count() == 40
        assert (Book.objects.count(), Genre.objects.count()) == (1_201, 11)
        assert Book.objects.get(slug="book-0").sequel.slug == "book-1199"
        print("new rows have ids of their own")
        """,
    )


def test_rows_are_loaded_in_one_transaction_by_default(project: Path) -> None:
    manage(project, "makemigrations library -v0", "migrate -v0")
    execute(project, "from library.models import *; Genre.objects.create(name='a'); Author.objects.create(name='b')")
    change_settings(project, 'DATABASES = {"default": SQL, "appwrite": APPWRITE}')
    manage(project, "migrate --database appwrite -v0", DUMP)
    assert "writes: 3" in execute(
        project,
        f"""
        from django.core.management import call_command
        from library.models import Genre
        from tests.support.costs import counted
        with counted() as costs:
            call_command(*"{LOAD}".split())
        print("writes:", sum(not request.startswith("GET") for request in costs.requests))
        assert Genre.objects.using("appwrite").count() == 1
        """,
    )


TABLES = """
from django_appwrite_orm import Index, Table, UniqueIndex, columns


class Category(Table):
    name = columns.String(size=40, required=True)

    class Meta:
        name = "categories"


class Product(Table):
    name = columns.String(size=128, required=True)
    price = columns.Float(min=0, required=True)
    weight = columns.Decimal(max_digits=8, decimal_places=2)
    kind = columns.Enum(["books", "music"], default="books")
    tags = columns.String(size=20, array=True)
    at = columns.Datetime()
    day = columns.Date()
    category = columns.Reference(Category)

    class Meta:
        name = "products"
        indexes = [Index("kind", "-price"), UniqueIndex("name")]
"""


def test_tables_of_appwrite_get_models_by_inspectdb(project: Path) -> None:
    change_settings(project, 'DATABASES = {"default": APPWRITE}')
    models, tables = project / "library" / "models.py", project / "library" / "tables.py"
    models.write_text("")
    tables.write_text(TABLES)
    manage(project, "migrate_appwrite")
    execute(
        project,
        """
        from library.tables import *
        music = Category.objects.create(name="Music")
        Product.objects.create(name="Lamp", price=1, weight="2.50", day="2026-01-02", tags=["a"], category=music)
        """,
    )
    written = manage(project, "inspectdb categories products")
    tables.unlink()
    # What the page says to change by hand.
    for old, new in {
        "category_id = models.CharField(max_length=36, ": (
            "category = models.ForeignKey('Categories', models.DO_NOTHING, db_column='category_id', "
        ),
        "day = models.CharField(max_length=10, ": "day = models.DateField(",
        "kind = models.CharField(": "kind = models.CharField(default='books', ",
    }.items():
        assert old in written
        written = written.replace(old, new)
    models.write_text(written)
    manage(project, "check --database default", "makemigrations library -v0", "migrate -v0")
    assert "read and written" in execute(
        project,
        """
        import datetime
        from decimal import Decimal
        from library.models import *
        lamp = Products.objects.select_related("category").get(name="Lamp")
        assert (lamp.weight, lamp.day, lamp.category.name) == (Decimal("2.50"), datetime.date(2026, 1, 2), "Music")
        assert Products.objects.filter(category__name="Music", day__year=2026).get() == lamp
        lamp.price = 3
        lamp.save()
        desk = Products.objects.create(name="Desk", price=2, category=lamp.category)
        assert len(desk.pk) == 20
        """
        + TABLES.replace("\n", "\n        ")
        + """
        lamp, desk = Product.objects.get(name="Lamp"), Product.objects.get(name="Desk")
        assert (lamp.price, lamp.tags, desk.kind) == (3, ["a"], "books")
        print("read and written")
        """,
    )
