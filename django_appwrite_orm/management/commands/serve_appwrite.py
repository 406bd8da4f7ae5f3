"""`manage.py serve_appwrite`: serve the local Appwrite over HTTP, for SDKs and other processes."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...local import ForeignFile
from ...local.http.cli import add_arguments, run
from ...local.http.server import MissingServer


class Command(BaseCommand):
    help = "Serves the local Appwrite over HTTP from an SQLite file, for development. Any Appwrite SDK can use it."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run(options, self._report)
        except (MissingServer, ForeignFile, OSError) as problem:
            raise CommandError(str(problem)) from problem

    def _report(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
