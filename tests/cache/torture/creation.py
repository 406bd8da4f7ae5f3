"""Create the tables of a torture: `python -m tests.cache.torture.creation SETTINGS KIND`, the settings as JSON."""

from __future__ import annotations

import json
import sys

import django
from django.conf import settings


def main() -> None:
    settings.configure(**json.loads(sys.argv[1]))
    django.setup()
    from django_appwrite_orm.sansio import run_sync
    from django_appwrite_orm.schema import migrate
    from tests.cache.torture.tables import TABLES
    from tests.cache.torture.warehouse.databases import create_tables

    if sys.argv[2] == "models":
        create_tables()
    else:
        run_sync(migrate(list(TABLES)))


if __name__ == "__main__":
    main()
