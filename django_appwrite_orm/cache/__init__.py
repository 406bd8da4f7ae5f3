"""The cache and the protocol that keeps it exact: keys, tokens, fences, entries."""

from .backend import CacheBackend, is_shared
from .batch import WriteBatch, batched_write, open_batch
from .keys import API_KEY, Keys, TableKeys
from .policy import DEFAULT_TTL, CachePolicy, PolicyOverride, cache_policy, effective_policy
from .process_cache import ProcessCache
from .reads import ReadResult, Status, is_current, read, versions
from .stats import Counts, Statistics, all_totals
from .tracking import ReadLog, answers_here, forget, note_private, note_read, recording
from .writes import LONGEST_TIMEOUT, fence_life, invalidate, write

__all__ = [
    "API_KEY",
    "DEFAULT_TTL",
    "LONGEST_TIMEOUT",
    "CacheBackend",
    "CachePolicy",
    "Counts",
    "Keys",
    "PolicyOverride",
    "ProcessCache",
    "ReadLog",
    "ReadResult",
    "Statistics",
    "Status",
    "TableKeys",
    "WriteBatch",
    "all_totals",
    "answers_here",
    "batched_write",
    "cache_policy",
    "effective_policy",
    "fence_life",
    "forget",
    "invalidate",
    "is_current",
    "is_shared",
    "note_private",
    "note_read",
    "open_batch",
    "read",
    "recording",
    "versions",
    "write",
]
