"""Where answers live, and the protocol that keeps them exact: keys, tokens, fences, envelopes."""

from .backend import Store, is_shared
from .batch import Batch, batched_write, open_batch
from .keys import API_KEY, Keys, TableKeys
from .policy import DEFAULT_TTL, CachePolicy, PolicyChange, cache_policy, policy_in_force
from .process_cache import Memory
from .reads import Found, Status, is_current, read, versions
from .stats import Counts, Statistics, all_totals
from .tracking import ReadRecord, answers_here, forget, note_private, note_read, recording
from .writes import LONGEST_TIMEOUT, fence_life, invalidate, write

__all__ = [
    "API_KEY",
    "DEFAULT_TTL",
    "LONGEST_TIMEOUT",
    "Batch",
    "CachePolicy",
    "Counts",
    "Found",
    "Keys",
    "Memory",
    "PolicyChange",
    "ReadRecord",
    "Statistics",
    "Status",
    "Store",
    "TableKeys",
    "all_totals",
    "answers_here",
    "batched_write",
    "cache_policy",
    "fence_life",
    "forget",
    "invalidate",
    "is_current",
    "is_shared",
    "note_private",
    "note_read",
    "open_batch",
    "policy_in_force",
    "read",
    "recording",
    "versions",
    "write",
]
