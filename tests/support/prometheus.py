"""The registry of Prometheus, which is one for the process."""

from __future__ import annotations

from prometheus_client import REGISTRY

from django_appwrite_orm.contrib.prometheus import StatisticsCollector


def unregister_statistics() -> None:
    """Remove what `register_statistics()` has registered."""
    for collector in [each for each in REGISTRY._collector_to_names if isinstance(each, StatisticsCollector)]:
        REGISTRY.unregister(collector)
