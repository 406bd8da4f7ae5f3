"""The command line of the HTTP server: ``python -m django_appwrite_orm.local``, ``serve_appwrite``."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Callable
from typing import Any, Final

from ..app import API_KEY, PROJECT, LocalAppwrite
from .server import DEFAULT_PORT, DEFAULT_THREADS, LOOPBACK, LocalServer

DEFAULT_FILE: Final = "appwrite.sqlite3"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="Address to listen at (default: this machine only).")
    parser.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help=f"Port (default: {DEFAULT_PORT}); 0 for any free one."
    )
    parser.add_argument("--database", default=DEFAULT_FILE, help=f"SQLite file, or :memory: (default: {DEFAULT_FILE}).")
    parser.add_argument("--strict", action="store_true", help="Imitate the defects of Appwrite 1.9.6.")
    parser.add_argument(
        "--threads", type=int, default=DEFAULT_THREADS, help=f"Number of threads (default: {DEFAULT_THREADS})."
    )


def run(options: dict[str, Any], write_line: Callable[[str], object]) -> None:
    """Serve until interrupted; ``write_line`` prints a line."""
    app = LocalAppwrite(options["database"], strict=options["strict"])
    try:
        server = LocalServer(app, options["host"], options["port"], options["threads"])
        write_line(
            f"Appwrite endpoint {server.endpoint}, project {PROJECT!r}, key {API_KEY!r}, file {options['database']}"
        )
        if options["host"] not in LOOPBACK:
            write_line("Everyone who reaches this address has full access: the key is not a secret.")
        signal.signal(signal.SIGTERM, _stop)
        try:
            with server:
                server.wait()
        except (KeyboardInterrupt, SystemExit):
            write_line("Stopped.")
        else:
            raise RuntimeError("The server stopped unexpectedly; see its log for the reason.")
    finally:
        app.close()


def _stop(number: int, frame: object) -> None:
    raise SystemExit(0)
