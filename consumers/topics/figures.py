"""What a consumer measures of itself, as Prometheus figures; no label ever names anybody."""

from __future__ import annotations

from collections import Counter as Counted
from collections.abc import Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from consumers.topics.hauls import Haul, Span
from consumers.topics.partitions import Place
from consumers.verdicts import Verdict

STORE_BUCKETS_S = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Figures:
    """Counters and gauges of one consumer, in a registry of its own or of its process."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        own: dict[str, Any] = {
            "namespace": "toldonce",
            "subsystem": "consume",
            "registry": self.registry,
        }
        self._events = Counter("events", "Verdicts given.", ["partition", "verdict"], **own)
        self._lag = Gauge("lag", "Offsets that are not consumed yet.", ["partition"], **own)
        self._halted = Gauge("halted", "1: the partition stands.", ["partition", "cause"], **own)
        self._store = Histogram(
            "store_seconds",
            "From a batch's transaction to its end.",
            buckets=STORE_BUCKETS_S,
            **own,
        )
        self._batches = Counter("batches", "Transactions committed.", **own)
        self._rebalances = Gauge("rebalances", "Changes of what is assigned to us.", **own)
        self._held = Gauge("held_bytes", "Bytes of events read and not stored yet.", **own)
        self._unanswered = Counter(
            "unanswered_commits", "Batches whose COMMIT was not answered.", ["outcome"], **own
        )

    def stored(self, haul: Haul, verdicts: Sequence[Verdict], *, took_s: float) -> None:
        """Count what became of a batch."""
        self._batches.inc()
        self._store.observe(took_s)
        at = 0
        for span in haul.spans:
            name = _name(span.standing.place)
            kinds = Counted(verdict.kind for verdict in verdicts[at : at + span.records])
            for kind, number in kinds.items():
                self._events.labels(name, kind).inc(number)
            at += span.records
            self._reached(name, span)

    def unanswered(self, *, is_stored: bool) -> None:
        """Count a COMMIT whose answer was lost, by what was found out about it."""
        self._unanswered.labels("stored" if is_stored else "not_stored").inc()

    def halted(self, place: Place, cause: str) -> None:
        """Note that a partition stands."""
        self._halted.labels(_name(place), cause).set(1)

    def left(self, place: Place) -> None:
        """Forget a partition that is not ours, or that is read on."""
        self._lag.remove(_name(place))
        for labels in [found for found in _labels(self._halted) if found[0] == _name(place)]:
            self._halted.remove(*labels)

    def holds(self, held_bytes: int) -> None:
        """Note how much is held in memory."""
        self._held.set(held_bytes)

    def rebalances(self, rebalances: int) -> None:
        """Note how often the group changed."""
        self._rebalances.set(rebalances)

    def _reached(self, name: str, span: Span) -> None:
        if span.end is not None:
            self._lag.labels(name).set(max(0, span.end - span.stop))


def _labels(gauge: Gauge) -> list[tuple[str, ...]]:
    return [
        tuple(sample.labels.values()) for family in gauge.collect() for sample in family.samples
    ]


def _name(place: Place) -> str:
    return f"{place.topic}/{place.partition}"
