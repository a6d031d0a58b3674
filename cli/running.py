"""What `up` runs beside the HTTP interface: clock, signer, and a consumer where brokers are set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from prometheus_client import CollectorRegistry

from cli.brokers import Where
from cli.clock import clock_beside
from cli.consuming import consuming
from cli.deciding import acting
from cli.server import Follow
from cli.signing import signing_beside
from cli.wiring import Installation
from consumers.figures import Figures


@contextmanager
def everything(
    parts: Installation,
    registry: CollectorRegistry,
    *,
    begin: Where | None,
    actor: str | None,
) -> Iterator[Mapping[str, Follow]]:
    """Give what is to run, by its name; `begin` is where unread partitions begin, as `actor` says.

    What the consumer measures is among the figures of `registry`.

    Raises:
        BrokersUnavailable: brokers are set and cannot be reached.
    """
    always = {"clock": clock_beside(parts).run_forever, "signer": signing_beside(parts)}
    if parts.settings.kafka_bootstrap_servers is None:
        yield always
        return
    figures = Figures(registry)
    by = acting(parts, actor)
    with consuming(parts, begin=begin, actor=by, figures=figures) as stream:
        yield always | {"consumer": stream.run}
