"""Promises that were broken or refused."""

from collections.abc import Iterator
from datetime import datetime

from domain.brief.banners.banner import Banner
from domain.brief.reading import Reading
from domain.sentences.phrases import duration, moment
from domain.story.promises import Promise, overdue_s, state_at


def broken(reading: Reading) -> Iterator[Banner]:
    """Say of every broken promise what was due when."""
    for promise in reading.story.promises.by_id.values():
        if state_at(promise, reading.as_of) == "broken" and promise.due_at is not None:
            text = _broken(promise, promise.due_at, late_s=overdue_s(promise, reading.as_of))
            yield Banner("PROMISE_BROKEN", "critical", text, tuple(promise.cites))


def refused(reading: Reading) -> Iterator[Banner]:
    """Say of every refused promise whose issue or order is not settled what was refused."""
    for promise in reading.story.promises.by_id.values():
        is_refused = state_at(promise, reading.as_of) == "refused"
        if is_refused and promise.settled_at and not _is_settled(reading, promise):
            text = _refused(promise, promise.settled_at)
            yield Banner("PROMISE_REFUSED", "critical", text, tuple(promise.cites))


def _broken(promise: Promise, due_at: datetime, *, late_s: int) -> str:
    late = f"{duration(late_s)} ago" if late_s else "just now"
    return f"Promise broken: {promise.title} was due on {moment(due_at)}, {late}."


def _refused(promise: Promise, at: datetime) -> str:
    due = f" (due on {moment(promise.due_at)})" if promise.due_at else ""
    return f"Promise refused on {moment(at)}: {promise.title}{due}."


def _is_settled(reading: Reading, promise: Promise) -> bool:
    issue = reading.story.issues.by_id.get(promise.refs.get("issue_id", ""))
    order = reading.order_of(promise)
    concerns = [issue.is_resolved] if issue else []
    concerns += [order.is_settled] if order else []
    return bool(concerns) and all(concerns)
