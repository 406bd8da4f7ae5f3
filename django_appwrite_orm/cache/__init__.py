"""The cache and the protocol that keeps it exact: keys, tokens, fences, entries.

This module has the names that tables, querysets and views need. The protocol itself (`reads`, `writes`, `batch`,
`backend`, `stats`, ...) is imported by `connection` at first use.
"""

from .policy import DEFAULT_TTL, CachePolicy, PolicyOverride, cache_policy, effective_policy
from .results import ReadResult, Status
from .tracking import ReadLog, forget, note_private, note_read, open_logs, recording, request_log, results_here

__all__ = [
    "DEFAULT_TTL",
    "CachePolicy",
    "PolicyOverride",
    "ReadLog",
    "ReadResult",
    "Status",
    "cache_policy",
    "effective_policy",
    "forget",
    "note_private",
    "note_read",
    "open_logs",
    "recording",
    "request_log",
    "results_here",
]
