"""The pipeline: while PostgreSQL works on one batch, the next is read, decoded and sealed.

Promise: batches are stored in the order in which they are given, one at a time; never is more than
one ahead of what is being stored.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from consumers.verdicts import Verdict

if TYPE_CHECKING:
    from consumers.intake import Batch, Intake
    from consumers.preparing import Prepared

Some = TypeVar("Some", bound="Batch")


@dataclass(frozen=True, slots=True)
class UnderWay(Generic[Some]):
    """A batch that is being stored, as soon as it is prepared."""

    batch: Some
    prepared: Future[Prepared]
    verdicts: Future[list[Verdict]]


class Pipeline(Generic[Some]):
    """Stores batches in a thread of its own, one after the other."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="append")
        self.under_way: UnderWay[Some] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._worker.shutdown()

    def store(self, batch: Some, prepared: Future[Prepared]) -> None:
        """Begin to store a batch, once the one before it is done and its result was taken."""
        if self.under_way is not None:
            raise RuntimeError("the batch before is still under way")
        verdicts = self._worker.submit(self._stored, batch, prepared)
        self.under_way = UnderWay(batch, prepared, verdicts)

    def is_done(self, timeout_s: float | None = None) -> bool:
        """Wait until nothing is under way any more; say whether that came true in time."""
        if self.under_way is None:
            return True
        return not wait([self.under_way.verdicts], timeout_s).not_done

    def taken(self) -> tuple[Some, list[Verdict]] | None:
        """Return what was under way with its verdicts, once they are durable; None if nothing was.

        Raises whatever the storing of it raised.
        """
        if self.under_way is None:
            return None
        done, self.under_way = self.under_way, None
        return done.batch, done.verdicts.result()

    def _stored(self, batch: Some, prepared: Future[Prepared]) -> list[Verdict]:
        return self._intake.store(batch, prepared.result())
