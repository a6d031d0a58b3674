"""How the brokers are reached, and how much is asked of them at a time.

Promise: no default of the client's decides anything that an event could be lost by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor

from consumers.errors import BrokersUnavailable

# How soon a deleted and re-created topic is noticed: halts are to come within ten seconds.
METADATA_AGE_MS = 3_000
# Freshness is lost by waiting: brokers answer at once when there is anything.
FETCH_WAIT_MS = 500
RETRY_MS = 100
RECONNECT_MS_MAX = 1_000
# A batch waits for the writer lock at most for minutes; the group must not give us up meanwhile.
POLL_INTERVAL_MS_MAX = 300_000


@dataclass(frozen=True, slots=True)
class Connection:
    """How the brokers are reached, and as whom; `security` are options of kafka-python's."""

    servers: str
    topic: str
    group: str = "toldonce"
    instance_id: str | None = None
    client_id: str = "toldonce"
    session_timeout_ms: int = 15_000
    bootstrap_timeout_ms: int = 15_000
    security: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is taken at a time, and so how much is held in memory: two batches, two fetches."""

    batch_records: int = 5_000
    batch_bytes: int = 8 * 1024 * 1024
    fetch_bytes: int = 8 * 1024 * 1024
    partition_fetch_bytes: int = 2 * 1024 * 1024


def options(connection: Connection, bounds: Bounds) -> dict[str, Any]:
    """Return how the client is told all of it."""
    return {
        "bootstrap_servers": connection.servers.split(","),
        "client_id": connection.client_id,
        "group_id": connection.group,
        "group_instance_id": connection.instance_id,
        "partition_assignment_strategy": [CooperativeStickyAssignor],
        "session_timeout_ms": connection.session_timeout_ms,
        "heartbeat_interval_ms": max(100, connection.session_timeout_ms // 5),
        "max_poll_interval_ms": max(POLL_INTERVAL_MS_MAX, connection.session_timeout_ms),
        "auto_offset_reset": "none",
        "enable_auto_commit": False,
        "allow_auto_create_topics": False,
        "isolation_level": "read_committed",
        "metadata_max_age_ms": METADATA_AGE_MS,
        "bootstrap_timeout_ms": connection.bootstrap_timeout_ms,
        "retry_backoff_ms": RETRY_MS,
        "reconnect_backoff_max_ms": RECONNECT_MS_MAX,
        "fetch_max_wait_ms": FETCH_WAIT_MS,
        "fetch_max_bytes": bounds.fetch_bytes,
        "max_partition_fetch_bytes": bounds.partition_fetch_bytes,
        "metrics_enabled": False,
        **connection.security,
    }


def unavailable(connection: Connection, error: Exception) -> BrokersUnavailable:
    """Return what the client says of brokers that cannot be used, in one line."""
    reason = str(error).split("\n", 1)[0] or type(error).__name__
    return BrokersUnavailable(servers=connection.servers, reason=reason)
