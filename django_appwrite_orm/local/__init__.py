"""An Appwrite for development and tests: its TablesDB REST API on one SQLite file, standard library only.

``LocalAppwrite(path).handle(method, target, headers, body)`` is the whole server. It is not made for production.
"""

from .protocol.answers import Answer
from .server import LocalAppwrite
from .store.foundation import ForeignFile
from .store.snapshots import Snapshot

__all__ = ["Answer", "ForeignFile", "LocalAppwrite", "Snapshot"]
