"""The recorders of the eventsourcing library on this log: its applications need no other store.

Sealing happens here, below the library's mappers: whoever uses the library cannot by-pass it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    Notification,
    ProcessRecorder,
    StoredEvent,
    Subscription,
    Tracking,
    TrackingRecorder,
)

from eventlog.streams import SealedStreams, Span
from eventlog.subscription import EventLogSubscription


class EventLogAggregateRecorder(AggregateRecorder):
    """Records the events of aggregates; one aggregate is one stream of the log."""

    def __init__(self, streams: SealedStreams) -> None:
        self._streams = streams

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        """Append events, all or none.

        Raises:
            IntegrityError: a stream already has an entry of that version, or was erased.
            ProgrammingError: an originator_id is not a UUID.
        """
        self._streams.append(stored_events)
        return None

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Return the events of one stream in the order of their versions.

        Raises:
            DataError: the stream was erased, so its states are gone.
        """
        return self._streams.events_of(originator_id, Span.of(gt, lte), desc=desc, limit=limit)


class EventLogApplicationRecorder(EventLogAggregateRecorder, ApplicationRecorder):
    """Records events and gives all of the log as notifications, the facts from outside included.

    A notification's id is its position. The notification of an erased entry has an empty state,
    so that ids stay without gaps.
    """

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        """Append events, all or none, and return their positions.

        `erases` names streams whose keys are destroyed in the same transaction.
        """
        return self._streams.append(stored_events, erases=kwargs.get("erases", ()))

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Return up to `limit` notifications from `start` to `stop`; of these topics, if any."""
        after = start - 1 if start is not None and inclusive_of_start else start
        return self._streams.notifications(Span.of(after, stop), limit=limit, types=topics)

    def max_notification_id(self) -> int | None:
        """Return the newest position; None while the log is empty."""
        return self._streams.newest_position() or None

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """Return an iterator over notifications that waits for new ones until it is stopped."""
        return EventLogSubscription(self, gt, topics)


class EventLogTrackingRecorder(TrackingRecorder):
    """Records how far readers have read; each can only get further."""

    def __init__(self, streams: SealedStreams) -> None:
        self._streams = streams

    def insert_tracking(self, tracking: Tracking) -> None:
        """Advance a reader's position.

        Raises:
            IntegrityError: the reader is already there, or further.
        """
        self._streams.append((), tracking)

    def max_tracking_id(self, application_name: str) -> int | None:
        """Return how far that reader has read; None if it never did."""
        return self._streams.tracked_position(application_name)


class EventLogProcessRecorder(
    EventLogTrackingRecorder, EventLogApplicationRecorder, ProcessRecorder
):
    """Records new events together with the position whose processing caused them."""

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        """Append events, advance `tracking` and destroy what it `erases`, in one transaction."""
        return self._streams.append(
            stored_events, kwargs.get("tracking"), erases=kwargs.get("erases", ())
        )
