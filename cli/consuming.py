"""The consumer put together, for as long as it runs; and what operators ask of it and tell it."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace

from prometheus_client import CollectorRegistry, start_http_server

from cli.brokers import Where, bounds, connection, offset_of
from cli.listening import CannotListen
from cli.wiring import Installation
from consumers.errors import BrokersUnavailable
from consumers.topics.consumed import Consumed, consumed_by
from consumers.topics.figures import Figures
from consumers.topics.partitions import Partitions, Place, Standing
from consumers.topics.placing import Beginning, Placing
from consumers.topics.polling import Poller
from consumers.topics.streaming import Stream

# Whoever asks how things stand wants an answer, also while the brokers are away.
ASKING_TIMEOUT_MS = 3_000

_logger = logging.getLogger(__name__)


@contextmanager
def consuming(
    parts: Installation,
    *,
    begin: Where | None = None,
    actor: str = "",
    figures: Figures | None = None,
) -> Iterator[Stream]:
    """Give a member of the consumer group; `Stream.run` runs it, here or in a thread.

    `begin` is where partitions begin that were never read, and `actor` who says so; without it
    they stand until somebody does.
    """
    poller = _poller(parts)
    if not poller.places():
        _logger.warning("event=waiting: there is no topic %s yet", parts.settings.kafka_topic)
    beginning = None if begin is None else Beginning(offset_of(poller, begin), actor)
    with closing(Partitions(parts.database_url, owner=_owner())) as partitions:
        placing = Placing(
            poller,
            partitions,
            keyring=parts.keyring,
            figures=figures or Figures(),
            beginning=beginning,
        )
        yield Stream(parts.intake, placing, bounds=bounds(parts.settings))


def consumed(parts: Installation) -> Sequence[Consumed]:
    """Return what was consumed of each partition, with where it ends now if the brokers say."""
    with parts.log.transaction() as transaction:
        found = consumed_by(transaction.cursor)
    with suppress(BrokersUnavailable), _asking(parts) as poller:
        there = set(poller.places())
        return [_with_end(one, poller, there=there) for one in found]
    return found


def moved(
    parts: Installation, where: Where, *, partitions: Collection[int], actor: str
) -> list[tuple[Standing, int]]:
    """Have partitions go on at a place: those given, else all that stand still.

    Raises:
        BrokersUnavailable: they do not say where that is.
    """

    def is_meant(standing: Standing) -> bool:
        named = standing.place.partition in partitions
        return named or (not partitions and standing.halt is not None)

    with _asking(parts) as poller:
        offset = offset_of(poller, where)
        with closing(Partitions(parts.database_url, owner=_owner())) as known:
            return known.move(
                parts.settings.kafka_topic,
                lambda standing: offset(standing.place) if is_meant(standing) else None,
                actor=actor,
            )


@contextmanager
def shown(figures: CollectorRegistry, host: str, *, port: int) -> Iterator[int]:
    """Serve figures to Prometheus for the time of a block; give the port.

    Raises:
        CannotListen: the address is taken, or not ours.
    """
    try:
        server, thread = start_http_server(port, host, figures)
    except OSError as error:
        raise CannotListen(host, port, reason=os.strerror(error.errno or 0)) from error
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def _asking(parts: Installation) -> Iterator[Poller]:
    """Give a client that asks the brokers and is no member of the group."""
    timeout_ms = min(ASKING_TIMEOUT_MS, parts.settings.kafka_bootstrap_timeout_ms)
    with closing(_poller(parts, bootstrap_timeout_ms=timeout_ms)) as poller:
        yield poller


def _poller(parts: Installation, **options: int) -> Poller:
    # Whatever matters of what the client tells we say ourselves, once and by partition.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    return Poller(connection(parts.settings, **options), bounds(parts.settings))


def _with_end(one: Consumed, poller: Poller, *, there: Collection[Place]) -> Consumed:
    place = Place(one.topic, one.partition)
    return replace(one, end_offset=poller.range_of(place)[1]) if place in there else one


def _owner() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"
