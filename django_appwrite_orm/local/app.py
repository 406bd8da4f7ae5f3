"""The local Appwrite: one object that answers requests from one SQLite file."""

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
from .api.responses import Response, error_answer
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
LONGEST_HEAD: Final = 65_536  # bytes of a request line and headers that Appwrite 1.9.6 reads
_ROUTER: Final = Router(ROUTES)
_OPEN: Final = frozenset({"/health/version"})  # answered without a project or a key

logger = logging.getLogger(__name__)


class LocalAppwrite:
    """An Appwrite 1.9.6 (TablesDB) on an SQLite file, or in memory with ``":memory:"``.

    The project ``local`` with the key ``local`` is always there. Safe to use from many threads, and from many
    processes on one file; after a fork each process goes on with connections of its own.

    ``strict``: whether requests are answered with the defects of the server too (see ``defects``). Without it the
    answer is the safe one, and a warning is logged.
    """

    def __init__(self, database: str | os.PathLike[str], *, strict: bool = False) -> None:
        self.store = Store(database)
        self.strict = strict
        self._schema_cache = SchemaCache()
        self._warned: set[Defect] = set()

    def handle(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, *, strict: bool | None = None
    ) -> Response:
        """Answer one request. ``target`` is the path with its query string, header names are lower-case; ``strict``
        stands for this request in place of the server's own.

        Never raises: what goes wrong here is logged and answered as ``general_unknown``.
        """
        dialect = TABLESDB
        try:
            request = read_request(method, target, headers, body)
            route, path_values = _find_route(request)
            dialect = route.dialect
            defects = Defects(self.strict if strict is None else strict, self._warned)
            return self._answer(route, path_values, request, defects)
        except AppwriteError as refusal:
            return error_answer(refusal, dialect.error_type(refusal.type))
        except (Busy, sqlite3.OperationalError) as problem:
            return _store_failure(problem, dialect)
        except Exception:
            logger.exception("The local Appwrite failed on %.20r %.200r", method, target.partition("?")[0])
            return error_answer(AppwriteError("general_unknown", "The local Appwrite failed; its log says why."))

    def accepts_head(self, head: int, *, strict: bool | None = None) -> bool:
        """Whether a request whose head has this many bytes is answered; if not, its connection is to be closed."""
        if head <= LONGEST_HEAD:
            return True
        return not Defects(self.strict if strict is None else strict, self._warned).imitate(Defect.LONG_HEAD)

    def _answer(self, route: Route, path_values: Mapping[str, str], request: Request, defects: Defects) -> Response:
        # A list that is to be remembered for a while is written down by the first who asks for it.
        writing = not route.reads_only or "ttl" in request.query
        with self.store.session(writing=writing) as session:
            caller = self._admit(session, route, request, defects)
            args = read_arguments(route, path_values, request)
            call = Call(session, self._schema_cache, caller, route.dialect, args, request, defects)
            try:
                return route.handler(call)
            except AppliedError as refusal:  # answered inside the session, which therefore commits
                return error_answer(refusal, route.dialect.error_type(refusal.type))

    def _admit(self, session: Session, route: Route, request: Request, defects: Defects) -> Caller:
        """Who is asking, if the route lets them in. Checked in Appwrite's order: project, key or token, scope."""
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
        """A copy in memory of everything stored, for ``restore``; the caller closes it."""
        return take_snapshot(self.store)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot; what was stored since is gone. Meant for tests."""
        snapshot.put_back(self.store)

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
        return error_answer(AppwriteError("database_timeout", "The database stayed busy for too long."))
    logger.error("The local Appwrite's store failed", exc_info=problem)
    return error_answer(AppwriteError("general_unknown", "The local Appwrite's store failed; its log says why."))
