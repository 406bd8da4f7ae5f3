"""Which checks of models run only where Django checks databases: those that docs/reference/checks.md marks with *."""

from __future__ import annotations

import re
from pathlib import Path

import django
import pytest

from tests.support.projects import ROOT, run

pytestmark = pytest.mark.slow

FILES = {
    "settings.py": """
        SECRET_KEY = "tests"
        INSTALLED_APPS = ["django_appwrite_orm", "marks"]
        DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
        APPWRITE_ORM = {"default": {"ENDPOINT": "local::memory:", "DATABASE_ID": "main"}}
        DATABASES = {
            "default": {"ENGINE": "django_appwrite_orm.backend", "NAME": "default"},
            "sql": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
        }
        DATABASE_ROUTERS = ["routers.Router"]
        """,
    "routers.py": """
        class Router:
            def allow_migrate(self, db, app_label, model_name=None, **hints):
                return model_name is None or (db == "sql") == model_name.startswith("sql")
        """,
    "marks/__init__.py": "",
    "marks/tables.py": """
        from django_appwrite_orm import Table, columns

        class Other(Table):
            name = columns.String(size=9)

            class Meta:
                name = "marks_e112"
        """,
    "marks/models.py": """
        from django.db import models
        from django_appwrite_orm.models import ArrayField, RowPermissions, SystemFields

        def model(name, **fields):
            return type(name, (models.Model,), {"__module__": __name__, **fields})

        class Pair:
            app_label = "marks"
            unique_together = [("a", "b")]

        E101 = model("E101", pk=models.CompositePrimaryKey("a", "b"), a=models.IntegerField(), b=models.IntegerField())
        E102 = model("E102", a=models.CharField(max_length=769, unique=True))
        E102_SET = model("E102Set", a=models.CharField(max_length=767), b=models.CharField(max_length=2), Meta=Pair)
        E103 = model("E103", **{f"n{n}": models.BooleanField() for n in range(1_011)})
        E104 = model("E104", a=models.Field())
        E105 = model("E105", a=models.CharField(max_length=16_000), b=models.CharField(max_length=16_000))
        E106 = model("E106", **{f"n{n}": models.BooleanField(db_index=True) for n in range(59)})
        E109 = model("E109", Appwrite=type("Appwrite", (), {"other": 1}))
        E110 = model("E110", Appwrite=type("Appwrite", (), {"enabled": "no"}))
        E112 = model("E112")
        E113 = model("E113", a=ArrayField(models.TextField(), default=[]))
        E114 = model("E114", a=models.TextField(), b=models.TextField(db_column="A"))
        W106 = model("W106", a=models.TextField(db_column="_a"))

        class E116(RowPermissions):
            permissions = models.TextField()

        class SqlE111(SystemFields):
            pass
        """,
    "report.py": """
        import django
        django.setup()
        from django.core.checks import run_checks
        for name, databases in {"always": None, "databases": ["default", "sql"]}.items():
            ids = {f"{message.id}/{message.obj._meta.label}" if message.id == "appwrite.E102" and
                   hasattr(message.obj, "_meta") else message.id for message in run_checks(databases=databases)}
            print(name, *sorted(id for id in ids if id.startswith("appwrite.")))
        """,
}
# One constraint over several fields is no field: this half of E102 runs always.
SET = "appwrite.E102/marks.E102Set"
# Those of the settings, of a missing app and of relations between databases, which have tests of their own.
ELSEWHERE = {
    "appwrite.E107",
    "appwrite.E108",
    "appwrite.E115",
    "appwrite.E117",
    "appwrite.E118",
    "appwrite.E119",
    "appwrite.W107",
}


def test_the_marked_checks_run_where_databases_are_checked(tmp_path: Path) -> None:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        lines = text.splitlines()
        path.write_text("\n".join(line.removeprefix("        ") for line in lines))
    reported = dict(re.findall(r"^(always|databases) (.*)$", run(tmp_path, "report.py"), re.MULTILINE))
    always, databases = (set(reported[name].split()) for name in ("always", "databases"))
    rows = re.findall(
        r"^\| `(appwrite\.\w+)`( \*)? \|", (ROOT / "docs" / "reference" / "checks.md").read_text(), re.MULTILINE
    )
    assert databases == {id for id, _ in rows} - ELSEWHERE | {SET}
    marked = {id for id, mark in rows if mark}
    # Django 6.1 passes all databases to the checks of fields where none is named.
    only = {"appwrite.E112"} if django.VERSION >= (6, 1) else marked - ELSEWHERE
    assert "appwrite.E112" in marked
    assert databases - always == only
