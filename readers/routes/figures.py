"""What is measured of this process and of the views, for Prometheus; no label ever names anybody.

Promise: reading the figures costs a few small queries, and works while the database is away.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from projections.queries import Views
from readers.live import Live

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
NONE = "none"
EXAMPLE = 'toldonce_view_lag_entries{view="timeline"} 0.0\n'

router = APIRouter(tags=["health"])


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {
            "description": "Figures in the text format of Prometheus.",
            "content": {"text/plain": {"schema": {"type": "string"}, "example": EXAMPLE}},
        }
    },
)
def metrics(request: Request) -> Response:
    """Return the figures of this process and of the views, for Prometheus."""
    registry: CollectorRegistry = request.app.state.registry
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class Measured:
    """Counts requests and how long the beginning of their answers takes, by route."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self._app = app
        self._requests = Counter(
            "toldonce_http_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "toldonce_http_request_seconds",
            "From a request to the beginning of its answer.",
            ["method", "route"],
            buckets=BUCKETS_S,
            registry=registry,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        begun = time.perf_counter()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._answered(scope, message["status"], took_s=time.perf_counter() - begun)
            await send(message)

        await self._app(scope, receive, sending)

    def _answered(self, scope: Scope, status: int, *, took_s: float) -> None:
        # Paths name customers, and anybody can invent methods: only what is served is a label.
        route = scope.get("route")
        path = getattr(route, "path", NONE)
        method = scope["method"] if scope["method"] in getattr(route, "methods", ()) else NONE
        self._requests.labels(method, path, status).inc()
        self._seconds.labels(method, path).observe(took_s)


class ViewFigures(Collector):
    """Where the views stand, asked for when the figures are read."""

    def __init__(
        self,
        views: Views,
        live: Live,
        *,
        clock: Callable[[], datetime],
        unavailable: Sequence[type[Exception]],
    ) -> None:
        self._views = views
        self._live = live
        self._clock = clock
        self._unavailable = tuple(unavailable)

    def collect(self) -> Iterator[Metric]:
        """Yield the figures of now."""
        listeners = "Open live streams."
        yield GaugeMetricFamily("toldonce_live_listeners", listeners, self._live.number)
        try:
            found = list(self._of_views())
        except self._unavailable:
            found = []
        is_there = "1: the database answered."
        yield GaugeMetricFamily("toldonce_database_up", is_there, float(bool(found)))
        yield from found

    def _of_views(self) -> Iterator[Metric]:
        progress = self._views.progress
        standing = progress.status()
        lag = GaugeMetricFamily(
            "toldonce_view_lag_entries", "Entries that a view has not read.", labels=["view"]
        )
        for view in standing:
            lag.add_metric([view.name], view.lag)
        yield lag
        head = max(view.head for view in standing)
        yield GaugeMetricFamily("toldonce_log_head", "The newest position of the log.", head)
        unread = progress.unread_since()
        age_s = 0.0 if unread is None else max(0.0, (self._clock() - unread).total_seconds())
        yield GaugeMetricFamily(
            "toldonce_oldest_unread_seconds", "Since when the oldest unread entry is there.", age_s
        )
        parked = "Customers whose events could not be folded."
        yield GaugeMetricFamily("toldonce_parked_customers", parked, len(progress.parked()))
