"""Generated histories: what may happen to one customer, in any order of time and of arrival."""

from __future__ import annotations

from hypothesis import strategies as st

KINDS = (
    "order.placed O-N account_no:A-N",
    'promise.made P-N order:O-N due_within=PT2H fulfilled_when="delivery.completed order:O-N"',
    "promise.made Q-N account_no:A-N due_business_days=2 calendar_id=cal-N",
    "promise.made R-N order:O-N due_business_days=1 calendar_id=cal-N",
    "promise.rescheduled P-N order:O-N due_at=2026-01-02T00:20",
    "calendar.defined cal-N",
    "calendar.defined cal-N closed_dates=[2026-01-05]",
    "delivery.dispatched D-N order:O-N",
    "delivery.scanned D-N status=exception",
    "delivery.completed D-N",
    "contact.started c-N account_no:A-N",
    "contact.information_provided c-N issue:I-N facts={name: Ann}",
    "contact.information_requested c-N fields=[name]",
    "contact.ended c-N",
    "issue.reported I-N account_no:A-N order:O-N contact:c-N",
    "issue.assigned I-N owner=Bob",
    "issue.resolved I-N",
)
PEOPLE = (
    "contact.started d-N phone:PHONE",
    "contact.started e-N phone:PHONE email:n-N@x.example",
    "order.placed O-N account_no:B-N phone:PHONE",
    "order.placed P-N account_no:A-N phone:PHONE email:n-N@x.example",
    "contact.information_provided d-N facts={name: Bob}",
    "contact.ended d-N",
    "identity.identifier_linked a=phone:PHONE b=account_no:A-N",
    "identity.identifier_unlinked a=phone:PHONE b=account_no:A-N",
    "identity.match_rejected a=phone:PHONE b=account_no:B-N reason=wrong",
    "identity.customers_merged merge_id=m-N survivor=account_no:A-N absorbed=account_no:B-N",
    "identity.customers_unmerged merge_id=m-N",
)
STATEMENTS = (
    "event.retracted account_no:A-N corrects=#N-ABOUT",
    "event.corrected account_no:A-N corrects=#N-ABOUT data={issue_id: I-N, owner: Ann}",
    "event.corrected account_no:A-N corrects=#N-ABOUT "
    "data={contact_id: c-N, ended_by: agent, resolution: resolved}",
)
EVENTS_MAX = 14


@st.composite
def histories(draw: st.DrawFn, kinds_drawn: tuple[str, ...] = KINDS) -> list[str]:
    """Draw lines in the order of arrival; N stands for what keeps the things of examples apart."""
    templates = st.sampled_from(kinds_drawn + STATEMENTS)
    kinds = draw(st.lists(templates, min_size=1, max_size=EVENTS_MAX))
    size = len(kinds)
    minutes = draw(st.lists(st.integers(0, 45), min_size=size, max_size=size))
    if draw(st.booleans()):
        minutes.sort()
    return [
        f"2026-01-02T00:{minute:02} {kind.replace('ABOUT', str(draw(st.integers(0, size - 1))))}"
        f" #N-{index}"
        for index, (kind, minute) in enumerate(zip(kinds, minutes, strict=True))
    ]


def of_customer(lines: list[str], number: int) -> list[str]:
    """Return the lines with the things of customer `number`."""
    phone = f"+1717{2_000_000 + number}"
    return [
        line.replace("-N", f"-{number}").replace("#N", f"#{number}").replace("PHONE", phone)
        for line in lines
    ]
