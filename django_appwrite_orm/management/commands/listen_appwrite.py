"""`manage.py listen_appwrite`: receive changes made elsewhere over Appwrite's realtime."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...conf import DEFAULT_ALIAS
from ...connection import connections, own_caches
from ...events.pubsub import CHANNEL, ChannelListener
from ...events.realtime import Listener
from ...exceptions import AppwriteORMError


class Command(BaseCommand):
    help = (
        "Listens to Appwrite's realtime and invalidates the cached results of tables that change. Runs until SIGTERM."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--database", default=DEFAULT_ALIAS, help="Alias in APPWRITE_ORM (default: %(default)s).")

        parser.add_argument(
            "--channel", action="store_true", help="Listen to other services on CHANNEL_URL instead of Appwrite."
        )

    def handle(self, *, database: str, channel: bool, **options: Any) -> None:
        listener = ChannelListener(database) if channel else Listener(database)
        if threading.current_thread() is threading.main_thread():  # Python allows signal handlers only there
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: listener.stop())
        try:
            user = connections[database].settings.listen_as or "a guest (LISTEN_AS is not set)"
            source = f"{connections[database].settings.endpoint} as {user}" if not channel else CHANNEL
            self.stdout.write(f"Listening to {source}.")
            if own := own_caches([database]):
                self.stdout.write(
                    self.style.WARNING(
                        f"The cache {own} is local to one process, so this command cannot invalidate the caches of the"
                        " servers. Use a shared cache such as Redis, or call orm.listen() in each server process."
                    )
                )
            listener.run()
        except AppwriteORMError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Stopped.")
