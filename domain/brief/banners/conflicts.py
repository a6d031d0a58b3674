"""Where the evidence contradicts itself: both sides are shown, neither is believed."""

from collections.abc import Iterator

from domain.brief.banners.banner import Banner
from domain.brief.reading import Reading
from domain.sentences.phrases import count, listed, moment, spoken
from domain.story.cite import Cite
from domain.story.issues import Issue
from domain.story.visits import ReportedTime, reported_times

CODE = "EVIDENCE_CONFLICT"


def delivered_before_missed(reading: Reading) -> Iterator[Banner]:
    """Say of every parcel that was recorded as delivered before it was reported missing."""
    for issue in reading.story.issues.by_id.values():
        if not issue.reports_missing or issue.reported is None:
            continue
        delivery = reading.story.deliveries.by_id.get(issue.delivery_id or "")
        if delivery and delivery.completed and delivery.completed.at < issue.reported.at:
            text = _delivered(delivery.delivery_id, delivery.completed, issue=issue)
            yield Banner(CODE, "warning", text, (delivery.completed, issue.reported))


def time_not_supported(reading: Reading) -> Iterator[Banner]:
    """Say of every claimed time how much of it the observers did not see."""
    for visit in reading.story.visits.by_id.values():
        for time in reported_times(visit) if visit.observations else ():
            if time.unsupported_min > 0:
                cites = (time.claim.cite, *(span.cite for span in time.observations))
                yield Banner(CODE, "warning", _unsupported(time), cites)


def _delivered(delivery_id: str, completed: Cite, *, issue: Issue) -> str:
    return (
        f"Delivery {delivery_id} was recorded as delivered on {moment(completed.at)}, but "
        f"reported as {spoken(issue.category or '')} on {moment(issue.since)} ({issue.issue_id})."
    )


def _unsupported(time: ReportedTime) -> str:
    observers = listed(dict.fromkeys(span.who for span in time.observations))
    return (
        f"Visit {time.visit_id}: {time.claim.who} claimed {count(time.claimed_min, 'minute')}, "
        f"{observers} observed {count(time.observed_union_min, 'minute')}, "
        f"{count(time.unsupported_min, 'minute')} unsupported."
    )
