"""Where a site meets its clients: headers that tell what was read, errors they can understand, a warm start."""

from ..warming import warms
from .http_cache import cache_publicly, table_etag
from .middleware import AppwriteCacheMiddleware

__all__ = ["AppwriteCacheMiddleware", "cache_publicly", "table_etag", "warms"]
