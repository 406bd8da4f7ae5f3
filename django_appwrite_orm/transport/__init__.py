"""Requests to Appwrite: retries, errors by `type`, over HTTP or to the local Appwrite in this process."""

from .client import Client, ContentRequest, Reply
from .errors import UNMADE
from .features import Features
from .local import IN_MEMORY, close_local, local_file, open_local
from .retry import request_json, send_with_retries

__all__ = [
    "IN_MEMORY",
    "UNMADE",
    "Client",
    "ContentRequest",
    "Features",
    "Reply",
    "close_local",
    "local_file",
    "open_local",
    "request_json",
    "send_with_retries",
]
