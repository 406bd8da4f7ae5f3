"""Where a site meets its clients: headers that tell what was read, errors they can understand, a warm start."""

from .conditional import table_etag
from .middleware import AppwriteCacheMiddleware
from .order import order_problems
from .public import cache_publicly
from .warming import warms

__all__ = ["AppwriteCacheMiddleware", "cache_publicly", "order_problems", "table_etag", "warms"]
