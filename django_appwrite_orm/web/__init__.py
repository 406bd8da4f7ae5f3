"""HTTP: cache headers, errors, health and webhook views, warming at the start of a server process."""

from ..warming import warms
from .http_cache import cache_publicly, table_etag
from .middleware import AppwriteCacheMiddleware

__all__ = ["AppwriteCacheMiddleware", "cache_publicly", "table_etag", "warms"]
