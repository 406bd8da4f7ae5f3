"""`manage.py webhook_appwrite`: the webhook by which Appwrite tells this site of changes made elsewhere."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...conf import DEFAULT_ALIAS
from ...connection import Connection, connections
from ...events import webhook_registration
from ...exceptions import AppwriteORMError
from ...sansio import run_sync


class Command(BaseCommand):
    help = "Shows the webhook of a connection; --register makes it so, --delete removes it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--database", default=DEFAULT_ALIAS, help="Alias in APPWRITE_ORM (default: %(default)s).")
        action = parser.add_mutually_exclusive_group()
        action.add_argument(
            "--register", action="store_true", help="Replace it by one made from WEBHOOK_URL and WEBHOOK_SECRET."
        )
        action.add_argument("--delete", action="store_true", help="Remove it.")

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
            raise CommandError("Changes made elsewhere are not heard of by this webhook.")

    def _show(self, connection: Connection) -> bool:
        """Print what there is. Whether it is on and as the settings say."""
        found = run_sync(webhook_registration.state(connection))
        if found is None:
            id = webhook_registration.webhook_id(connection)
            self.stdout.write(f"There is no webhook {id!r}, nor another one of this package. --register creates it.")
            return False
        self.stdout.write(f"{found['$id']}: {found['url']}, {', '.join(found['events'])}")
        if found["enabled"]:
            self.stdout.write(self.style.SUCCESS(f"On; {found['attempts']} failed deliveries in a row."))
        else:
            self.stdout.write(
                self.style.ERROR(
                    f"OFF: switched off, {found['attempts']} failed deliveries in a row (Appwrite gives up after"
                    " ten). Mend it, then --register."
                )
            )
        if found["logs"]:
            self.stdout.write(f"The last failure: {found['logs']}")
        if problem := webhook_registration.difference(connection, found):
            self.stdout.write(self.style.WARNING(problem))
        return bool(found["enabled"]) and not problem
