"""`manage.py demo`: from nothing to a site with data, in one command."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from demo.checking import find_problems
from demo.loading import load_samples
from demo.log import log_to, open_log
from demo.serving import PORTS, DemoServer, PortTaken
from demo.users import ensure_demo_user
from django_appwrite_orm import warming
from django_appwrite_orm.exceptions import AppwriteORMError
from django_appwrite_orm.web import warm_start


class Command(BaseCommand):
    help = "Creates the tables, loads the sample data, warms the cache and serves the site."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port", type=int, help=f"Where to serve, on 127.0.0.1 (default: the first free one from {PORTS[0]})."
        )
        parser.add_argument("--log", help="The file of the log (default: demo.log beside manage.py).")
        parser.add_argument(
            "--check",
            action="store_true",
            help="Serve a fresh copy, go through the whole tour as a client would, and say whether all is well.",
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

    def handle(
        self, *, port: int | None, log: str | None, check: bool, on_server: bool, until_eof: bool, **options: Any
    ) -> None:
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
            self._log = open_log(log)
        except OSError as error:
            raise CommandError(f"--log: {error}") from error
        with self._log:
            self._demonstrate(port, self._log)

    def _demonstrate(self, port: int | None, log: TextIO) -> None:
        began = time.monotonic()
        warm_start.claim()  # this command warms, so the first request has nothing to start
        try:
            server = DemoServer(port)
        except PortTaken as error:
            raise CommandError(str(error)) from error
        log_to(log)  # after the server, which sets up Django and its log a second time
        self._server = server
        try:
            serving = server.start()
            self._say(f"The tour:  {server.address}  (open it now; it shows how far the loading is)")
            self._say(f"The log:   {log.name}")
            self._say(f"The data:  {settings.APPWRITE_ORM['default']['ENDPOINT']}\n")
            how_to_sign_in = self._prepare(log)
            server.is_ready = True
            self._say(self.style.SUCCESS(f"\nReady after {time.monotonic() - began:.0f} seconds: {server.address}"))
            self._say(how_to_sign_in)
            self._say("The bar at the top of each page says what came from the cache. Ctrl-C ends it.")
            serving.join()
        except AppwriteORMError as error:
            log.write(f"{error}\n")
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # tox passes it on a second time
            if server.is_ready:
                self._say("\nStopped.")
            else:
                raise CommandError("Interrupted. Run it again, and it goes on from here.", returncode=130) from None
        finally:
            server.close()

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
        self._log.write(f"{text}\n")

    @contextmanager
    def _step(self, text: str) -> Iterator[list[str]]:
        """Say what begins, and what came of it: the texts that the block adds to the list."""
        began = time.monotonic()
        results: list[str] = []
        self._server.steps.append(f"{text} ...")
        self._say(f"{text} ...")
        yield results
        line = f"  {', '.join([*results, f'{time.monotonic() - began:.1f} s'])}"
        self._server.steps[-1] = f"{text}:{line}"
        self._say(line)

    def _prepare(self, log: TextIO) -> str:
        """Load and warm what is missing; return how to sign in."""
        with self._step("1 of 4: tables of Django's models (migrate)"):
            call_command("migrate", stdout=log, stderr=log, no_color=True)
        with self._step("2 of 4: tables that are declared in tables.py (migrate_appwrite)"):
            call_command("migrate_appwrite", stdout=log, no_color=True)
        with self._step("3 of 4: sample data") as results:
            loaded = load_samples(self._loading)
            results.append(f"{loaded:,} rows written" if loaded else "it is there already")
            how_to_sign_in = ensure_demo_user()
        with self._step("4 of 4: warming the cache (warm_appwrite)") as results:
            done = list(warming.warm(warming.jobs()))
            results.append(f"{sum(job.rows for job in done):,} rows read")
        for problem in (f"{job.label}: {job.problem}" for job in done if job.problem):
            self._log.write(f"{problem}\n")
            self.stderr.write(self.style.ERROR(problem))
        return how_to_sign_in

    def _loading(self, table: str, rows: int, total: int) -> None:
        self._server.steps[-1] = f"3 of 4: sample data: {rows:,} of {total:,} {table} ..."

    def _check(self, on_server: bool) -> None:
        if problems := find_problems(self.stdout.write, on_server=on_server):
            raise CommandError("\n".join(problems))
        self.stdout.write(
            self.style.SUCCESS("All is well: every part of the tour, hits after reads, and misses after changes.")
        )


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(0)
