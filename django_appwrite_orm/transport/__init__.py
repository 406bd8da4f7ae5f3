"""How we talk to Appwrite: attempts, repeats, errors by `type`, over HTTP or to the local one in this process."""

from .client import Client, RawRequest, Reply
from .errors import UNMADE
from .features import Features
from .local import IN_MEMORY, close_local, local_file, open_local
from .retry import deliver, exchange

__all__ = [
    "IN_MEMORY",
    "UNMADE",
    "Client",
    "Features",
    "RawRequest",
    "Reply",
    "close_local",
    "deliver",
    "exchange",
    "local_file",
    "open_local",
]
