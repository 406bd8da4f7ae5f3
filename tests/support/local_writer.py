"""A process that writes batches of ten rows and reports each one; it runs until it is killed."""

from __future__ import annotations

import sys

from django_appwrite_orm.local import LocalAppwrite
from tests.support.local_client import Client


def main(path: str, turn: str) -> None:
    client = Client(LocalAppwrite(path))
    number = 0
    while True:
        number += 1
        name = f"p{turn}-{number}"
        client("POST /d/tables/t/rows", {"rows": [{"$id": f"{name}.{i}", "batch": number} for i in range(10)]})
        sys.stdout.write(name + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
