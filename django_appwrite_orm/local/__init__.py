"""An Appwrite for development and tests: its TablesDB REST API on one SQLite file, standard library only.

``LocalAppwrite(path).handle(method, target, headers, body)`` is the whole server. It is not made for production.
"""

from .api.responses import Response
from .app import LocalAppwrite
from .storage.ddl import ForeignFile
from .storage.snapshots import Snapshot

__all__ = ["ForeignFile", "LocalAppwrite", "Response", "Snapshot"]
