"""How we talk to Appwrite: attempts, repeats, errors by `type`, over HTTP or to the local one in this process."""

from .client import Client
from .attempts import exchange
from .local import close_local

__all__ = ["Client", "close_local", "exchange"]
