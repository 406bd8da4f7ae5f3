"""The commands of the guide move rows, in one process of the project."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.support.guides import guide_files, write_project
from tests.support.pages import code_blocks, commands
from tests.support.projects import run

PAGE = "how-to/move-data.md"
# Runs the commands that it gets as arguments one after the other, and prints a line before each.
RUNNER = """
import shlex, sys
import django
django.setup()
from django.core.management import ManagementUtility
for line in sys.argv[1:]:
    print(f"== {line}", flush=True)
    if line.startswith("python "):
        ManagementUtility(shlex.split(line)[1:]).execute()
    else:
        exec(line)
"""
MAKE = "from shop.models import Product; from shop.tables import Note"
FILL_SQL = f"{MAKE}; [Product.objects.using('sql').create(name=f'p{{n}}', price='9.50') for n in range(3)]"
FILL_NOTES = f"{MAKE}; Note.objects.create(text='Call Ada', id='note-1')"
CHANGE = f"{MAKE}; Product.objects.create(name='new', price=1)"
SHOW_NOTE = f"{MAKE}; print([(note.id, note.text) for note in Note.objects.using('staging')])"


@pytest.mark.slow
def test_rows_are_moved(tmp_path: Path) -> None:
    write_project(guide_files(PAGE), tmp_path)
    (
        (dump_notes, migrate_staging, load_notes),
        (migrate, dump_sql, load),
        (migrate_sql, dump, load_back),
        (inspect_tables, inspect_models),
        (count,),
    ) = [[command for command, _ in block.commands()] for block in code_blocks(PAGE, "console")]
    lines = [
        "python manage.py makemigrations shop",
        migrate,
        "python manage.py migrate_appwrite",
        migrate_sql,
        FILL_SQL,
        FILL_NOTES,
        dump_notes,
        migrate_staging,
        load_notes,
        load_notes,
        SHOW_NOTE,
        dump_sql,
        load,
        CHANGE,
        dump,
        load_back,
        count,
        inspect_tables,
        inspect_models,
    ]
    assert set(commands(PAGE)) <= set(lines)
    output = run(tmp_path, "-c", RUNNER, *lines, DJANGO_SETTINGS_MODULE="config.settings")
    printed = {line: text for line, _, text in (part.partition("\n") for part in output.split("== ")[1:])}
    assert "1 unchanged" in printed[load_notes]  # the second time
    assert "[('note-1', 'Call Ada')]" in printed[SHOW_NOTE]
    assert "Installed 3 object(s)" in printed[load]
    assert "4 4" in printed[count]
    assert "class Notes(Table):" in printed[inspect_tables]
    assert "class Notes(models.Model):" in printed[inspect_models]
    with sqlite3.connect(tmp_path / "old.sqlite3") as old:
        assert old.execute("SELECT name FROM shop_product ORDER BY name").fetchall() == [
            ("new",),
            ("p0",),
            ("p1",),
            ("p2",),
        ]
    old.close()
