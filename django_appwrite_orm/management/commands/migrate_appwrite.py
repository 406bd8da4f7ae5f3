"""`manage.py migrate_appwrite`: change Appwrite's tables to match the declared ones."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...backend.schema.ownership import managed_tables
from ...conf import DEFAULT_ALIAS
from ...exceptions import AppwriteORMError
from ...sansio import run_sync
from ...schema import MigrationOptions, MigrationPlan, migrate, plan, tables_named
from ...schema.plan import WARNING
from ...schema.printable import printable
from ...tables import Row


class Command(BaseCommand):
    help = (
        "Changes Appwrite's tables to match the declared ones: database, tables, columns, indexes, permissions. "
        "No values are deleted without --allow-destructive."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("labels", nargs="*", help="App labels or tables (name or app.Table; default: all).")
        parser.add_argument("--database", default=DEFAULT_ALIAS, help="Alias in APPWRITE_ORM (default: %(default)s).")
        parser.add_argument(
            "--plan",
            action="store_true",
            help="Print the changes without applying them; exit with 1 if some are not possible.",
        )
        parser.add_argument(
            "--check", action="store_true", help=("Like --plan, but also exit with 1 if there are changes.")
        )
        parser.add_argument(
            "--prune", action="store_true", help="Drop tables, columns and indexes that are not declared."
        )
        parser.add_argument(
            "--allow-destructive",
            action="store_true",
            help="Delete the values of dropped columns and tables, and the old values kept by conversions.",
        )
        parser.add_argument("--no-wait", action="store_true", help="Do not wait until Appwrite has built everything.")
        parser.add_argument(
            "--timeout", type=float, default=300, help="Seconds to wait for Appwrite (default: %(default)g)."
        )
        parser.add_argument(
            "--noinput", "--no-input", action="store_false", dest="interactive", help=("Do not ask for confirmation.")
        )

    def handle(self, *args: Any, labels: list[str], database: str, verbosity: int, **options: Any) -> None:
        self._verbosity = verbosity
        rules = MigrationOptions(prune=options["prune"], allow_destructive=options["allow_destructive"])
        try:
            tables = tables_named(labels, database)
            self._refuse_shared(tables, managed_tables(database))
            if options["plan"] or options["check"]:
                self._show(run_sync(plan(tables, database, rules)), check=options["check"])
                return
            confirm = self._confirm if options["interactive"] and sys.stdin.isatty() else None
            changes = run_sync(
                migrate(
                    tables,
                    database,
                    self._report,
                    rules=rules,
                    confirm=confirm,
                    wait=not options["no_wait"],
                    timeout=options["timeout"],
                    verbose=verbosity > 1,
                )
            )
        except AppwriteORMError as error:
            raise CommandError(printable(str(error))) from error
        if not changes:
            self._report("Nothing to do." if tables else "No tables are declared for this connection.")

    def _refuse_shared(self, tables: Sequence[type[Row]], owners: Mapping[str, str]) -> None:
        shared = [table for table in tables if table._meta.id.lower() in owners]
        if shared:
            lines = [f"- {table._meta.label}: {owners[table._meta.id.lower()]}" for table in shared]
            raise CommandError(
                "\n".join(["Models have the tables of these classes, and manage.py migrate changes those:", *lines])
            )

    def _report(self, line: str, style: Callable[[str], str] | None = None) -> None:
        if self._verbosity:
            self.stdout.write(printable(line), style)

    def _show(self, plan: MigrationPlan, *, check: bool) -> None:
        if plan.creates_database:
            self._report("Create the database")
        for change in plan.changes:
            self._report(str(change)[0].upper() + str(change)[1:])
            for detail in change.details:
                self._report(f"  {detail}")
        for wait in plan.waits:
            self._report(f"Wait: {wait}")
        for obstacle in plan.obstacles:
            self._report(f"Cannot be migrated: {obstacle}", self.style.ERROR)
        for line in plan.left_alone(verbose=self._verbosity > 1):
            self._report(line)
        for warning in plan.warnings:
            self._report(f"{WARNING}{warning}", self.style.WARNING)
        if plan.obstacles:
            raise CommandError("Nothing is migrated while some changes are not possible.", returncode=1)
        if plan.is_empty:
            self._report("Nothing to do.")
        elif check:
            raise CommandError("The database differs from the declared tables.", returncode=1)

    def _confirm(self, changes: Sequence[str]) -> bool:
        self.stdout.write("These changes delete values permanently:")
        for change in changes:
            self.stdout.write(f"  - {change}")
        return input("Type 'yes' to continue: ") == "yes"
