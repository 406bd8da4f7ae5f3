"""The cache statistics for Prometheus: `register_statistics()` once, as in the `ready()` of an app.

Where the cache is shared they cover all processes, so that one of them is scraped; elsewhere they are those of this
process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from django.core.exceptions import ImproperlyConfigured

from ..cache.stats import Counts, all_totals
from ..connection import connections
from ..exceptions import CacheUnavailable
from ..registry import registry

try:
    from prometheus_client import REGISTRY, CollectorRegistry
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
    from prometheus_client.metrics_core import Metric
    from prometheus_client.registry import Collector
except ModuleNotFoundError as error:
    raise ImproperlyConfigured(
        "django_appwrite_orm.contrib.prometheus needs prometheus-client: pip install 'django-appwrite-orm[prometheus]'"
    ) from error

# Samples of one table: the value of the label that a metric has besides the table's id, and the sample.
_Samples = Callable[[Counts], dict[str, float]]

_SECOND = 1_000_000  # microseconds


class _Counter:
    """A metric of each table that only grows, but for resets of the statistics."""

    def __init__(self, name: str, unit: str, help: str, samples: _Samples, label: str = "") -> None:
        self.name, self.unit, self.help, self.samples, self.label = name, unit, help, samples, label

    def family(self) -> CounterMetricFamily:
        labels = ["table", self.label] if self.label else ["table"]
        return CounterMetricFamily(f"appwrite_orm_{self.name}", self.help, labels=labels, unit=self.unit)

    def add(self, family: CounterMetricFamily, table: str, counts: Counts) -> None:
        for value, sample in self.samples(counts).items():
            family.add_metric([table, value] if self.label else [table], sample)


_COUNTERS = (
    _Counter(
        "reads",
        "",
        "Reads, by where the result came from.",
        lambda counts: {
            "hit": counts.hits,
            "stale": counts.stale,
            "miss": counts.misses,
            "bypass": counts.bypasses,
        },
        "status",
    ),
    _Counter(
        "read_time",
        "seconds",
        "The time of all reads, of results from the cache and from Appwrite.",
        lambda counts: {"cache": counts.hit_time / _SECOND, "appwrite": counts.miss_time / _SECOND},
        "source",
    ),
    _Counter("read_errors", "", "Reads that failed.", lambda counts: {"": counts.errors}),
    _Counter("invalidations", "", "Invalidations, by writes and others.", lambda counts: {"": counts.invalidations}),
    _Counter("json", "bytes", "JSON that was transferred for reads.", lambda counts: {"": counts.bytes}),
)


class StatisticsCollector(Collector):
    """Reads the statistics at each scrape: one look-up in each cache that is shared."""

    def describe(self) -> Iterable[Metric]:
        """Yield the metrics without samples; nothing is read."""
        yield from (counter.family() for counter in _COUNTERS)
        yield _saved_family()
        yield _up(True)

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics. Where the cache fails, `appwrite_orm_statistics_up` is 0 and the others are missing."""
        tables = {table._meta.id for table in registry.every()}
        statistics = [connections[alias].statistics for alias in connections.aliases()]
        try:
            totals = all_totals(statistics, sorted(tables))
        except CacheUnavailable:
            yield _up(False)
            return
        for counter in _COUNTERS:
            family = counter.family()
            for table, counts in totals.items():
                counter.add(family, table, counts)
            yield family
        saved = _saved_family()
        for table, counts in totals.items():
            saved.add_metric([table], counts.saved)
        yield saved
        yield _up(True)


def _saved_family() -> GaugeMetricFamily:
    help = "The time that results from the cache have saved: that of as many reads of Appwrite, less their own."
    return GaugeMetricFamily("appwrite_orm_saved", help, labels=["table"], unit="seconds")


def _up(value: bool) -> GaugeMetricFamily:
    return GaugeMetricFamily("appwrite_orm_statistics_up", "Whether the statistics could be read.", value=int(value))


def register_statistics(registry: CollectorRegistry = REGISTRY) -> StatisticsCollector:
    """Register the statistics with Prometheus' registry; return the collector, as an argument of its `unregister()`.

    Raises ValueError if they are registered there already.
    """
    collector = StatisticsCollector()
    registry.register(collector)
    return collector
