"""S17's customer: 10,000 events in 17 years, as dense as a story gets.

Every round of 25 events has an order with its promise and parcel, two calls about an issue, a
visit, an appointment and a payment.
"""

from datetime import UTC, datetime, timedelta

EVENTS = 10_000
ROUNDS = EVENTS // 25
FIRST = datetime(2009, 1, 1, 9, tzinfo=UTC)
LAST = FIRST + timedelta(days=17 * 365)
_STEP = (LAST - FIRST) / ROUNDS


def long_story() -> str:
    """Return the 10,000 events in the compact notation."""
    return "\n".join(_round(number, FIRST + number * _STEP) for number in range(ROUNDS))


def _round(number: int, start: datetime) -> str:
    lines = ROUND.format(n=number, due=_clock(start + timedelta(days=2))).strip().splitlines()
    times = (start + timedelta(minutes=10 * minute) for minute in range(len(lines)))
    return "\n".join(f"{_clock(at)} {line}" for at, line in zip(times, lines, strict=True))


def _clock(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M")


ROUND = """
order.placed O-{n} account_no:17 phone:+17175550142
promise.made P-{n} order:O-{n} due_at={due} fulfilled_when="delivery.completed order:O-{n}"
payment.captured PAY-{n} order:O-{n}
delivery.dispatched D-{n} order:O-{n} tracking_number:T-{n}
delivery.scanned tracking_number:T-{n} status=in_transit
contact.started c{n}a phone:+17175550142
contact.ivr_completed c{n}a duration_s=30
contact.answered c{n}a agent_id=a{n} wait_s=120
issue.reported I-{n} contact:c{n}a delivery:D-{n} category=late
contact.information_provided c{n}a issue:I-{n} facts={{address: {n} Main Street, size: M}}
contact.information_requested c{n}a fields=[account_no, email]
contact.ended c{n}a resolution=unresolved
issue.assigned I-{n} owner=team_{n}
issue.diagnosis_recorded I-{n} hypothesis=sorting
contact.started c{n}b phone:+17175550142
contact.answered c{n}b agent_id=b{n} wait_s=60
contact.transferred c{n}b to_queue=carrier
contact.information_provided c{n}b issue:I-{n} facts={{phone_type: mobile}}
contact.ended c{n}b resolution=resolved
delivery.scanned tracking_number:T-{n} status=out_for_delivery
delivery.completed tracking_number:T-{n}
issue.resolved I-{n}
appointment.booked A-{n} start={due} account_no:17
visit.checked_in V-{n} appointment:A-{n} account_no:17
visit.checked_out V-{n}
"""
