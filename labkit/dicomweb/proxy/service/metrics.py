"""What a façade tells Prometheus at ``/metrics``; no label names a client or a patient."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 60.0, 300.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "DELETE", "OPTIONS"})
_STATES = ("closed", "half-open", "open")
Stats = Mapping[str, Any]


class Metrics:
    """The registry of one façade.

    Parameters
    ----------
    stats
        `ProxySource.stats`.
    """

    def __init__(self, stats: Callable[[], Stats]) -> None:
        self._registry = CollectorRegistry(auto_describe=True)
        self._requests = Counter(
            "labkit_proxy_requests", "HTTP requests that were answered.", ("method", "status"),
            registry=self._registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "labkit_proxy_request_seconds", "Seconds until the last byte of an answer.",
            ("method",), buckets=BUCKETS, registry=self._registry,
        )  # fmt: skip
        self._registry.register(_Stats(stats))

    def count_request(self, method: str, status: int, seconds: float) -> None:
        """Count one request."""
        known = method if method in _METHODS else "other"  # anybody may send any word
        self._requests.labels(known, str(status)).inc()
        self._seconds.labels(known).observe(seconds)

    def page(self) -> tuple[bytes, str]:
        """Return what is scraped, and its media type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST


class _Stats:
    """Reads the counters of the source when they are asked for."""

    def __init__(self, stats: Callable[[], Stats]) -> None:
        self._stats = stats

    def collect(self) -> Iterator[Metric]:
        stats = self._stats()
        yield from _pacs(stats["upstreams"])
        yield from _cache(stats["cache"])
        yield _gauge("retrieves", "Retrieves under way.", stats["retrieves"]["under_way"])
        started = CounterMetricFamily("labkit_proxy_retrieves_started", "Retrieves begun.")
        started.add_metric((), stats["retrieves"]["started"])
        yield started


def _pacs(upstreams: Mapping[str, Stats]) -> Iterator[Metric]:
    operations = CounterMetricFamily(
        "labkit_proxy_dimse_operations",
        "DIMSE operations by final status (PS3.7 Annex C), or by what failed.",
        labels=("pacs", "service", "status"),
    )
    associations = GaugeMetricFamily(
        "labkit_proxy_associations", "Open associations.", labels=("pacs",)
    )
    idle = GaugeMetricFamily(
        "labkit_proxy_associations_idle", "Open associations that nobody uses.", labels=("pacs",)
    )
    breaker = GaugeMetricFamily(
        "labkit_proxy_breaker_state",
        "1 for the state of the circuit breaker of a PACS; open: it is left alone for a while.",
        labels=("pacs", "state"),
    )
    for name, told in upstreams.items():
        for service, statuses in told["requests"].items():
            for status, number in statuses.items():
                operations.add_metric((name, service, status), number)
        associations.add_metric((name,), told["associations"])
        idle.add_metric((name,), told["idle"])
        for state in _STATES:
            breaker.add_metric((name, state), float(told["breaker"] == state))
    yield from (operations, associations, idle, breaker)


def _cache(cache: Stats) -> Iterator[Metric]:
    found = CounterMetricFamily(
        "labkit_proxy_cache_objects_asked",
        "Objects asked for: hit: in the cache; shared: another request had it come; miss.",
        labels=("result",),
    )
    for result, key in (("hit", "hits"), ("miss", "misses"), ("shared", "shared")):
        found.add_metric((result,), cache[key])
    yield found
    dropped = CounterMetricFamily(
        "labkit_proxy_cache_objects_dropped",
        "Objects dropped: stale: the PACS has it no more, or changed; evicted: age or room.",
        labels=("reason",),
    )
    for reason, key in (("stale", "stale"), ("evicted", "evicted")):
        dropped.add_metric((reason,), cache[key])
    yield dropped
    yield _gauge("cache_bytes", "Bytes of the objects in the cache.", cache["bytes"])
    yield _gauge("cache_objects", "Objects in the cache.", cache["objects"])


def _gauge(name: str, says: str, value: float) -> Metric:
    made = GaugeMetricFamily(f"labkit_proxy_{name}", says)
    made.add_metric((), value)
    return made
