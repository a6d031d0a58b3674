"""What is measured where events come in over HTTP, and of quarantine; no label names anybody."""

from __future__ import annotations

from collections import Counter as Counted
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from consumers.quarantine import Quarantine
from consumers.verdicts import Verdict
from eventlog.errors import LogUnavailable


class Taken:
    """Counts the verdicts given over HTTP."""

    def __init__(self, registry: CollectorRegistry) -> None:
        own: dict[str, Any] = {"namespace": "toldonce", "subsystem": "http", "registry": registry}
        self._events = Counter("events", "Verdicts given over HTTP.", ["verdict"], **own)

    def count(self, verdicts: Iterable[Verdict]) -> None:
        """Count what became of events."""
        for kind, number in Counted(verdict.kind for verdict in verdicts).items():
            self._events.labels(kind).inc(number)


class QuarantineFigures(Collector):
    """What is in quarantine, asked for when the figures are read."""

    def __init__(self, quarantine: Quarantine) -> None:
        self._quarantine = quarantine

    def collect(self) -> Iterator[Metric]:
        """Yield how many events are there; nothing while the database is away."""
        held = GaugeMetricFamily(
            "toldonce_quarantine_events", "Events in quarantine.", labels=["state", "verdict"]
        )
        with suppress(LogUnavailable):
            for labels, number in self._quarantine.counts().items():
                held.add_metric(labels, number)
            yield held
