"""The sections of the caching guide, in its order, with the requests that show what each of them says."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.urls import reverse

_PRODUCT = '{"name": "A Thing %s", "price": 7.5, "category": "games"}'


@dataclass(frozen=True)
class Try:
    """A request that a page sends. `body` is JSON, in which %s becomes something new each time."""

    says: str
    view: str
    method: str = "GET"
    body: str = ""

    @property
    def url(self) -> str:
        return self.view if self.view.startswith("/") else reverse(f"guide:{self.view}")

    @property
    def example(self) -> str:
        return self.body.replace("%s", "…")

    @property
    def needs_script(self) -> bool:
        """A form without a script sends no JSON."""
        return bool(self.body)


@dataclass(frozen=True)
class Section:
    slug: str
    title: str
    text: str
    code: str
    tries: list[Try] = field(default_factory=list)


_READ = Try("Read all users, twice: MISS, then HIT.", "users")
_ADD = Try("Add a user. The next read is a MISS.", "users", "POST")
_STATUS = Try("Is what is cached of the table current?", "status")
_INVALIDATE = Try("Drop what is cached of the table.", "invalidate", "POST")

SECTIONS = [
    Section(
        "automatic-caching",
        "Automatic caching",
        "Every read is cached. The same query again is a hit; another query has an entry of its own.",
        "users = orm.table('users').all()   # a request to Appwrite\n"
        "users = orm.table('users').all()   # from the cache",
        [_READ, Try("Another query, another entry.", "metrics")],
    ),
    Section(
        "cache-invalidation",
        "Cache invalidation",
        "A change makes every cached result of its table a miss, in every process that shares the cache.",
        "users.create({'name': 'John Doe', 'email': 'john@example.com'})\n"
        "users.all()                         # a request again",
        [_READ, _ADD],
    ),
    Section(
        "manual-cache-control",
        "Manual cache control",
        "Ask whether a table's results are current, drop them, or drop and read them in one step.",
        "users.is_updated()\nusers.set_updated(False)\nusers.refresh()",
        [_STATUS, _INVALIDATE, Try("Drop and read in one.", "refresh", "POST"), _READ],
    ),
    Section(
        "views",
        "An API with caching",
        "The guide's Express routes as Django views: list, create, refresh, over the shop's products.",
        "GET  /products           # uses the cache\n"
        "POST /products           # invalidates it\n"
        "POST /products/refresh   # forces a refresh",
        [
            Try("All products with their tags.", "/products"),
            Try("A new product. It is in the next list.", "/products", "POST", _PRODUCT),
            Try("A body that is wrong: errors by field, and nothing is written.", "/products", "POST", '{"price": -1}'),
            Try("Read past the cache, into it.", "/products/refresh", "POST"),
        ],
    ),
    Section(
        "status-headers",
        "Status headers, ETag and 304",
        "The middleware says in headers what a view has read. A client that has the response already gets a 304:"
        " send it a second time with its ETag.",
        "@condition(etag_func=table_etag('users'))\ndef users(request): ...",
        [
            Try("Send it, then with its ETag: a 304 after the view has run.", "users"),
            Try("Send it twice, then with its ETag: a 304 before the view runs.", "conditional_users"),
            _ADD,
        ],
    ),
    Section(
        "background-jobs",
        "Background jobs",
        "A job reads what was measured, and another one records more. The range begins at a full hour, so that the"
        " query stays the same and can be a hit.",
        "analytics.create({'metric': 'visits', 'value': 3})\n"
        "Metric.objects.filter(timestamp__gte=hour - timedelta(days=1))",
        [Try("What was measured in the last day.", "metrics"), Try("Record something.", "metrics", "POST")],
    ),
    Section(
        "batches",
        "Batches",
        "Many changes, one invalidation, and the list is read into the cache at the end. What is refused is"
        " reported and stops nothing.",
        "with users.batch(preload=True) as batch:\n"
        "    for update in updates:\n"
        "        batch.update(update['id'], update['data'])",
        [Try("Change everybody, and somebody who does not exist.", "batch", "POST"), _READ],
    ),
    Section(
        "several-services",
        "Several services",
        "Processes that share a cache share its state: what the guide keeps by hand in Redis is the token of a"
        " table. With REDIS_URL in its environment, this tour runs in as many processes as you like.",
        "orm.table('users').is_updated()    # the same in every process",
        [_STATUS, _INVALIDATE],
    ),
    Section(
        "monitoring",
        "Monitoring",
        "Hits, misses, invalidations and the time saved are counted for each table, and added up over all"
        " processes. The statistics page shows them.",
        "orm.stats()['users']['hit_rate']",
        [Try("All statistics as JSON.", "statistics"), _READ],
    ),
    Section(
        "memory",
        "Memory",
        "Entries are in Django's cache, with the limits that you set there. A process keeps decoded results"
        " besides, bounded in bytes.",
        "APPWRITE_ORM = {'default': {..., 'CACHE': {'MEMORY': 4 * 1024 * 1024}}}\norm.clear_caches()",
        [Try("Make the entries of all tables invalid.", "clear", "POST"), _READ],
    ),
    Section(
        "warming",
        "Warming, and entries that may be old",
        "Read beforehand what visitors ask for first. Where a result may be old for a moment, an expired one is"
        " served while a new one is fetched.",
        "class Meta:\n    warm = True\n\nwith cache_policy(ttl=3, stale_while_revalidate=60): ...",
        [Try("Wait more than three seconds between two: STALE, then HIT.", "stale")],
    ),
    Section(
        "errors",
        "When Appwrite does not respond",
        "A read is repeated, and then served from what was read last, for as long as you allow. Without that it is"
        " a 503.",
        "with cache_policy(stale_if_error=24 * 3600):\n    return orm.table(name).all()",
        [Try("A read that survives an outage.", "robust")],
    ),
    Section(
        "troubleshooting",
        "Troubleshooting",
        "Is the table's cache current, and how long does a read take? A signal times each read.",
        "signals.cache_read.connect(timed)",
        [_STATUS, Try("The time of one read.", "timing"), _INVALIDATE],
    ),
]
BY_SLUG = {section.slug: section for section in SECTIONS}
