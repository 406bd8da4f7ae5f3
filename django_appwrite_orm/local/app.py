"""The local Appwrite: answers requests from one SQLite file."""

from __future__ import annotations

import hmac
import logging
import os
import sqlite3
from collections.abc import Mapping
from typing import Final

from .accounts.jwt import caller_of
from .api.auth import GUEST, KEY, Caller
from .api.dialects import TABLESDB, Dialect
from .api.errors import AppwriteError
from .api.requests import Request, read_request
from .api.responses import Response, error_response
from .api.router import EVERYONE, Call, Route, Router, read_arguments
from .defects import AppliedError, Defect, Defects
from .routes import ROUTES
from .schema.repository import SchemaCache
from .storage.pool import Busy
from .storage.session import Session, Store
from .storage.snapshots import Snapshot, take_snapshot

PROJECT: Final = "local"
API_KEY: Final = "local"
PREFIX: Final = "/v1"
MAX_HEAD: Final = 65_536  # bytes of a request line and headers that Appwrite 1.9.6 reads
_ROUTER: Final = Router(ROUTES)
_OPEN: Final = frozenset({"/health/version"})  # routes without a project or a key

logger = logging.getLogger(__name__)


class LocalAppwrite:
    """An Appwrite 1.9.6 (TablesDB) on an SQLite file, or in memory with ``":memory:"``.

    The project ``local`` with the key ``local`` always exists. Safe to use from many threads, and from many processes
    on one file; after a fork each process opens its own connections.

    ``strict``: whether responses have the defects of the server too (see ``defects``). Without it they have the safe
    behaviour, and a warning is logged.
    """

    def __init__(self, database: str | os.PathLike[str], *, strict: bool = False) -> None:
        self.store = Store(database)
        self.strict = strict
        self._schema_cache = SchemaCache()
        self._warned: set[Defect] = set()

    def handle(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, *, strict: bool | None = None
    ) -> Response:
        """Answer one request. Never raises: errors are logged and answered as ``general_unknown``.

        - ``target``: the path with its query string. ``headers``: with lower-case names.
        - ``strict``: replaces the server's own setting for this request.
        """
        dialect = TABLESDB
        try:
            request = read_request(method, target, headers, body)
            route, path_values = _find_route(request)
            dialect = route.dialect
            defects = Defects(self.strict if strict is None else strict, self._warned)
            return self._answer(route, path_values, request, defects)
        except AppwriteError as refusal:
            return error_response(refusal, dialect.error_type(refusal.type))
        except (Busy, sqlite3.OperationalError) as problem:
            return _store_failure(problem, dialect)
        except Exception:
            logger.exception("The local Appwrite failed on %.20r %.200r", method, target.partition("?")[0])
            return error_response(
                AppwriteError("general_unknown", "The local Appwrite failed; see its log for the reason.")
            )

    def accepts_head(self, head: int, *, strict: bool | None = None) -> bool:
        """Return whether a request with a head of this many bytes is answered; else its connection is closed."""
        if head <= MAX_HEAD:
            return True
        return not Defects(self.strict if strict is None else strict, self._warned).imitate(Defect.LONG_HEAD)

    def _answer(self, route: Route, path_values: Mapping[str, str], request: Request, defects: Defects) -> Response:
        # A list with `ttl` is cached by its first request.
        writing = not route.reads_only or "ttl" in request.query
        with self.store.session(writing=writing) as session:
            caller = self._admit(session, route, request, defects)
            args = read_arguments(route, path_values, request)
            call = Call(session, self._schema_cache, caller, route.dialect, args, request, defects)
            try:
                return route.handler(call)
            except AppliedError as refusal:  # returned inside the session, which therefore commits
                return error_response(refusal, route.dialect.error_type(refusal.type))

    def _admit(self, session: Session, route: Route, request: Request, defects: Defects) -> Caller:
        """Return the caller if the route admits it. Checks in Appwrite's order: project, key or token, scope."""
        headers = request.headers
        if request.path.removeprefix(PREFIX) in _OPEN:
            if headers.get("x-appwrite-key") and defects.imitate(Defect.KEY_VERSION):
                raise AppwriteError("general_unauthorized_scope", "A key lacks the scope this route needs.")
            return GUEST
        project = request.query.get("project") or headers.get("x-appwrite-project", "")
        key = headers.get("x-appwrite-key", "")
        if project and project != PROJECT:
            raise AppwriteError("project_not_found", "There is no project with this id.")
        caller = GUEST
        if key:
            if not project:
                raise AppwriteError("project_id_missing", "A key needs the project it belongs to.")
            if not hmac.compare_digest(key.encode(), API_KEY.encode()):
                raise AppwriteError("user_unauthorized", "The key is not valid for this project.")
            caller = KEY
        elif token := headers.get("x-appwrite-jwt", ""):
            caller = caller_of(session, token)
        if not caller.is_key and route.callers != EVERYONE:
            raise AppwriteError("general_unauthorized_scope", "The caller lacks the scope this route needs.")
        if not project:
            raise AppwriteError("general_access_forbidden", "The request names no project.")
        return caller

    def snapshot(self) -> Snapshot:
        """Copy everything stored into memory, for ``restore``; the caller closes the copy."""
        return take_snapshot(self.store)

    def restore(self, snapshot: Snapshot) -> None:
        """Replace everything stored by a snapshot. Meant for tests."""
        snapshot.restore_to(self.store)

    def close(self) -> None:
        """Close the connections to the file. Requests after this are answered with an error."""
        self.store.close()


def _find_route(request: Request) -> tuple[Route, dict[str, str]]:
    path = request.path
    match = _ROUTER.find(request.method, path.removeprefix(PREFIX)) if path.startswith(PREFIX + "/") else None
    if match is None:
        raise AppwriteError("general_route_not_found", "There is no such route.")
    return match


def _store_failure(problem: Exception, dialect: Dialect) -> Response:
    if isinstance(problem, Busy):
        return error_response(AppwriteError("database_timeout", "The database stayed busy for too long."))
    logger.error("The local Appwrite's store failed", exc_info=problem)
    return error_response(
        AppwriteError("general_unknown", "The local Appwrite's store failed; see its log for the reason.")
    )
