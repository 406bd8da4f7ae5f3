"""``python -m django_appwrite_orm.local --port 9501 --database FILE``: a local Appwrite over HTTP."""

from __future__ import annotations

import argparse
import sys

from .http.cli import add_arguments, run
from .http.server import MissingServer
from .storage.ddl import ForeignFile


def _write_line(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m django_appwrite_orm.local", description=__doc__)
    add_arguments(parser)
    try:
        run(vars(parser.parse_args()), _write_line)
    except (MissingServer, ForeignFile, OSError) as problem:
        _write_line(str(problem))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
