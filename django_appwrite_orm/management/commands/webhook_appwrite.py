"""`manage.py webhook_appwrite`: the webhook by which Appwrite reports changes made elsewhere to this site."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...conf import DEFAULT_ALIAS
from ...connection import Connection, connections
from ...events import webhook_registration
from ...exceptions import AppwriteORMError
from ...sansio import run_sync


class Command(BaseCommand):
    help = "Shows, registers or deletes the webhook of a connection."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--database", default=DEFAULT_ALIAS, help="Alias in APPWRITE_ORM (default: %(default)s).")
        action = parser.add_mutually_exclusive_group()
        action.add_argument(
            "--register",
            action="store_true",
            help=("Create or replace the webhook, with WEBHOOK_URL and WEBHOOK_SECRET."),
        )
        action.add_argument("--delete", action="store_true", help="Delete the webhook.")

    def handle(self, *, database: str, register: bool, delete: bool, **options: Any) -> None:
        try:
            connection = connections[database]
            if register:
                run_sync(webhook_registration.register(connection))
            elif delete:
                run_sync(webhook_registration.delete(connection))
            works = self._show(connection)
        except AppwriteORMError as error:
            raise CommandError(str(error)) from error
        if not (works or register or delete):
            raise CommandError("This webhook does not report changes made elsewhere.")

    def _show(self, connection: Connection) -> bool:
        """Print the webhook; return whether it is enabled and matches the settings."""
        webhook = run_sync(webhook_registration.state(connection))
        if webhook is None:
            id = webhook_registration.webhook_id(connection)
            self.stdout.write(
                f"There is no webhook {id!r} or other webhook of this package. Use --register to create it."
            )
            return False
        self.stdout.write(f"{webhook['$id']}: {webhook['url']}, {', '.join(webhook['events'])}")
        if webhook["enabled"]:
            self.stdout.write(self.style.SUCCESS(f"On; {webhook['attempts']} failed deliveries in a row."))
        else:
            self.stdout.write(
                self.style.ERROR(
                    f"OFF: disabled after {webhook['attempts']} failed deliveries in a row (Appwrite disables it after"
                    " ten). Fix the cause, then use --register."
                )
            )
        if webhook["logs"]:
            self.stdout.write(f"The last failure: {webhook['logs']}")
        if problem := webhook_registration.difference(connection, webhook):
            self.stdout.write(self.style.WARNING(problem))
        return bool(webhook["enabled"]) and not problem
