"""`manage.py demo`: from nothing to a site with data, in one command."""

from __future__ import annotations

import os
import sys
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from demo.checking import find_problems
from demo.loading import load_samples
from django_appwrite_orm import warming
from django_appwrite_orm.exceptions import AppwriteORMError
from django_appwrite_orm.web import warm_start


class Command(BaseCommand):
    help = "Creates the tables, loads the sample data, warms the cache and serves the site."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="Where to serve, on 127.0.0.1 (default: 8000).")
        parser.add_argument(
            "--check",
            action="store_true",
            help="Serve a fresh copy, ask it as a client would, and say whether all is well.",
        )
        parser.add_argument(
            "--on-server",
            action="store_true",
            help="With --check: use the Appwrite that APPWRITE_ENDPOINT names, in a database of its own that is deleted"
            " afterwards, and not a local one.",
        )
        parser.add_argument(
            "--until-eof",
            action="store_true",
            help="End when the standard input does: for programs that start the site.",
        )

    def handle(self, *, port: int, check: bool, on_server: bool, until_eof: bool, **options: Any) -> None:
        if on_server and not (check and "APPWRITE_ENDPOINT" in os.environ):
            raise CommandError("--on-server goes with --check, and with APPWRITE_ENDPOINT in the environment.")
        if check:
            try:
                self._check(on_server)
            except AppwriteORMError as error:
                raise CommandError(str(error)) from error
            except KeyboardInterrupt:
                raise CommandError("Interrupted. Nothing of the check is left.", returncode=130) from None
            return
        if until_eof:
            threading.Thread(target=_end_with_input, daemon=True).start()
        try:
            self._prepare()
        except AppwriteORMError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError("Interrupted. Run it again, and it goes on from here.", returncode=130) from None
        self.stdout.write(
            self.style.SUCCESS(
                f"\nOpen http://127.0.0.1:{port}/ (the shop under /shop/, the airports under /airports/, the API under"
                " /products).\nThe bar at the top of each page says what came from the cache. Ctrl-C ends it.\n"
            )
        )
        call_command("runserver", f"127.0.0.1:{port}", use_reloader=False)

    def _prepare(self) -> None:
        self.stdout.write(f"Data: {settings.APPWRITE_ORM['default']['ENDPOINT']}. Migrations of models, then tables:")
        call_command("migrate", stdout=self.stdout)
        call_command("migrate_appwrite", stdout=self.stdout)
        loaded = load_samples()
        self.stdout.write(f"Loaded {loaded} rows." if loaded else "The sample data is there already.")
        # In this very process, which serves: the first request then has nothing left to warm.
        warm_start.claim()
        done = list(warming.warm(warming.jobs()))
        for problem in (f"{job.label}: {job.problem}" for job in done if job.problem):
            self.stderr.write(self.style.ERROR(problem))
        self.stdout.write(f"Warmed the cache: {sum(job.rows for job in done)} rows.")

    def _check(self, on_server: bool) -> None:
        if problems := find_problems(self.stdout.write, on_server=on_server):
            raise CommandError("\n".join(problems))
        self.stdout.write(
            self.style.SUCCESS("All is well: hits after reads, a miss after a change, and the change is seen.")
        )


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(0)
