"""`manage.py dbshell`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from django.db import NotSupportedError
from django.db.backends.base.client import BaseDatabaseClient


class DatabaseClient(BaseDatabaseClient):
    def runshell(self, parameters: Iterable[str]) -> NoReturn:
        raise NotSupportedError("Appwrite has no SQL shell. Use its console, or manage.py shell with the ORM.")

    @classmethod
    def settings_to_cmd_args_env(cls, settings_dict: Any, parameters: Iterable[str]) -> NoReturn:
        raise NotSupportedError("Appwrite has no SQL shell. Use its console, or manage.py shell with the ORM.")
