"""The brokers as the settings name them, and places in a partition as people write them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from cli.settings import Settings
from consumers.topics.connecting import Bounds, Connection
from consumers.topics.partitions import Place
from consumers.topics.polling import Poller
from readers.asked import NotReadable, moment_in

Where = Literal["earliest", "latest"] | int | datetime


def connection(settings: Settings, *, bootstrap_timeout_ms: int | None = None) -> Connection:
    """Return how the brokers are reached, within what the settings say or what is said here."""
    return Connection(
        settings.kafka_servers,
        settings.kafka_topic,
        group=settings.kafka_group,
        instance_id=settings.kafka_instance_id,
        session_timeout_ms=settings.kafka_session_timeout_ms,
        bootstrap_timeout_ms=bootstrap_timeout_ms or settings.kafka_bootstrap_timeout_ms,
        security=security(settings),
    )


def security(settings: Settings) -> dict[str, Any]:
    """Return the options of kafka-python by which the brokers and we trust each other."""
    options: dict[str, object] = {
        "security_protocol": settings.kafka_security_protocol,
        "ssl_cafile": settings.kafka_ssl_cafile,
        "ssl_certfile": settings.kafka_ssl_certfile,
        "ssl_keyfile": settings.kafka_ssl_keyfile,
        "sasl_mechanism": settings.kafka_sasl_mechanism,
        "sasl_plain_username": settings.kafka_sasl_username,
    }
    secrets = {
        "ssl_password": settings.kafka_ssl_password,
        "sasl_plain_password": settings.kafka_sasl_password,
    }
    given = {name: str(value) for name, value in options.items() if value is not None}
    return given | {
        name: secret.get_secret_value() for name, secret in secrets.items() if secret is not None
    }


def bounds(settings: Settings) -> Bounds:
    """Return how much is taken at a time."""
    size = settings.consume_batch_mib * 1024 * 1024
    return Bounds(settings.consume_batch_events, batch_bytes=size, fetch_bytes=size)


def where_in(text: str) -> Where:
    """Read a place in a partition: `earliest`, `latest`, an offset or a time.

    Raises:
        NotReadable: it is none of them.
    """
    match text:
        case "earliest" | "latest":
            return text
    if text.isascii() and text.isdecimal():
        return int(text[:19])
    try:
        return moment_in(text)
    except NotReadable:
        raise NotReadable("must be earliest, latest, an offset or a time") from None


def offset_of(poller: Poller, where: Where) -> Callable[[Place], int]:
    """Return what finds the offset in a partition that is meant."""

    def found(place: Place) -> int:
        if isinstance(where, datetime):
            return poller.offset_at(place, where)
        start, end = poller.range_of(place)
        if isinstance(where, int):
            # Beyond what is there it would only stand still again.
            return min(max(where, start), end)
        return start if where == "earliest" else end

    return found
