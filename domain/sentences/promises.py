"""How promises and remedies read."""

from domain.events import (
    ApologyGiven,
    PromiseKept,
    PromiseLapsed,
    PromiseMade,
    PromiseRefused,
    PromiseRescheduled,
    PromiseSuperseded,
    PromiseWaived,
    RemedyAccepted,
    RemedyDeclined,
    RemedyDelivered,
    RemedyOffered,
)
from domain.sentences.phrases import count, duration, moment
from domain.sentences.template import Templates, about, because, with_


def _made(data: PromiseMade) -> str:
    by = f"{data.made_by} promised" if data.made_by else "We promised"
    return f"{by} {_due(data)}: {data.what} ({data.promise_id})"


def _due(data: PromiseMade) -> str:
    if data.due_at is not None:
        return f"by {moment(data.due_at)}"
    if data.due_within is not None:
        return f"within {duration(int(data.due_within.total_seconds()))}"
    days = count(data.due_business_days or 0, "business day")
    return f"within {days} of calendar {data.calendar_id}"


def _rescheduled(data: PromiseRescheduled) -> str:
    was_told = "was told" if data.told_customer else "was not told"
    return f"Promise {data.promise_id} was moved to {moment(data.due_at)}; the customer {was_told}"


def _kept(data: PromiseKept) -> str:
    return f"Promise {data.promise_id} was kept{because(data.reason)}"


def _refused(data: PromiseRefused) -> str:
    return f"Promise {data.promise_id} was refused{because(data.reason)}"


def _waived(data: PromiseWaived) -> str:
    return f"The customer waived promise {data.promise_id}{because(data.reason)}"


def _superseded(data: PromiseSuperseded) -> str:
    return f"Promise {data.promise_id} was replaced by promise {data.by_promise_id}"


def _lapsed(data: PromiseLapsed) -> str:
    return f"Promise {data.promise_id} fell due on {moment(data.due_at)} and was not kept"


def _offered(data: RemedyOffered) -> str:
    limits = f", limits: {data.limits}" if data.limits else ""
    until = with_(", to be completed by promise", data.completion_promise_id)
    return f"We offered {data.what} ({data.kind} {data.remedy_id}{limits}){about(data)}{until}"


def _accepted(data: RemedyAccepted) -> str:
    return f"The customer accepted remedy {data.remedy_id}"


def _declined(data: RemedyDeclined) -> str:
    return f"The customer declined remedy {data.remedy_id}"


def _delivered(data: RemedyDelivered) -> str:
    return f"Remedy {data.remedy_id} was delivered"


def _apology_given(data: ApologyGiven) -> str:
    return f"We apologised{with_(' for', data.for_what)}{about(data)}"


TEMPLATES: Templates = {
    PromiseMade: _made,
    PromiseRescheduled: _rescheduled,
    PromiseKept: _kept,
    PromiseRefused: _refused,
    PromiseWaived: _waived,
    PromiseSuperseded: _superseded,
    PromiseLapsed: _lapsed,
    RemedyOffered: _offered,
    RemedyAccepted: _accepted,
    RemedyDeclined: _declined,
    RemedyDelivered: _delivered,
    ApologyGiven: _apology_given,
}
