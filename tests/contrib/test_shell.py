"""`manage.py shell` imports tables."""

from __future__ import annotations

import pytest
from django.core.management import call_command, get_commands, load_command_class

from django_appwrite_orm import Table, columns, orm
from django_appwrite_orm.registry import registry
from tests.backend.shop.models import Maker, Product
from tests.support.library.tables import Book


def test_tables_models_and_orm_are_imported() -> None:
    command = load_command_class(get_commands()["shell"], "shell")
    namespace = command.get_namespace(verbosity=0)
    assert (namespace["Book"], namespace["Product"], namespace["orm"]) == (Book, Product, orm)


def test_a_model_is_imported_where_a_table_has_its_name(own_registry: None) -> None:
    class Local(Table):
        name = columns.String(size=10)

        class Meta:
            app_label = "library"

    registry.add(Local)  # cannot be imported
    other = type("Maker", (Table,), {"__module__": "tests.contrib.test_shell", "name": columns.String(size=10)})
    globals()["Maker"], before = registry.add(other), Maker
    try:
        command = load_command_class(get_commands()["shell"], "shell")
        namespace = command.get_namespace(verbosity=0)
    finally:
        globals()["Maker"] = before
    assert namespace["Maker"] is before
    assert "Local" not in namespace


def test_a_line_of_code_uses_them(library: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("shell", command="print(Book.objects.count(), orm.table('books').count())", verbosity=0)
    assert capsys.readouterr().out == "0 0\n"
