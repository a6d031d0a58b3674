"""A subscription that polls with a bounded wait: it cannot miss a wake-up, and stops promptly."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from threading import Event

from eventsourcing.persistence import ApplicationRecorder, Notification, Subscription

# Asking for the log's head costs one row; this adds 25 ms to an event's way on average.
POLL_S = 0.05
PAGE_NOTIFICATIONS = 500
# Rare topics are looked for piece by piece, so that no query scans more of the log than this.
WINDOW_POSITIONS = 20_000


class EventLogSubscription(Subscription[ApplicationRecorder]):
    """Gives notifications in position order, then waits for new ones until it is stopped."""

    def __init__(
        self, recorder: ApplicationRecorder, gt: int | None = None, topics: Sequence[str] = ()
    ) -> None:
        super().__init__(recorder, gt, topics)
        self._read_to = gt or 0
        self._page: deque[Notification] = deque()
        self._stopped = Event()

    def __next__(self) -> Notification:
        while not self._stopped.is_set():
            if self._page:
                return self._page.popleft()
            if not self._pull():
                self._stopped.wait(POLL_S)
        raise StopIteration

    def stop(self) -> None:
        """End the iteration, also one that is waiting in another thread."""
        super().stop()
        self._stopped.set()

    def _pull(self) -> bool:
        """Read on by one window; say whether there was anything to read."""
        head = self._recorder.max_notification_id() or 0
        window_end = min(head, self._read_to + WINDOW_POSITIONS)
        if window_end <= self._read_to:
            return False
        page = self._recorder.select_notifications(
            self._read_to,
            PAGE_NOTIFICATIONS,
            stop=window_end,
            topics=self._topics,
            inclusive_of_start=False,
        )
        self._page.extend(page)
        # Without a full page the window is exhausted, even if nothing in it was of these topics.
        self._read_to = page[-1].id if len(page) == PAGE_NOTIFICATIONS else window_end
        return True
