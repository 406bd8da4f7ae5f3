"""An Appwrite for development and tests: its TablesDB REST API on one SQLite file.

``LocalAppwrite(path).handle(method, target, headers, body)`` is the whole server. It imports the standard library
only, and is not a production server.
"""

from .api.responses import Response
from .app import LocalAppwrite
from .storage.ddl import ForeignFile
from .storage.snapshots import Snapshot

__all__ = ["ForeignFile", "LocalAppwrite", "Response", "Snapshot"]
