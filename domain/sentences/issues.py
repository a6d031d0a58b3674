"""How issues, feedback and complaints read."""

from domain.events import (
    ComplaintFiled,
    FeedbackRecorded,
    IssueAssigned,
    IssueDiagnosisRecorded,
    IssueEscalated,
    IssueReopened,
    IssueReported,
    IssueResolved,
    IssueResponsibilityDisputed,
)
from domain.sentences.phrases import coded, spoken
from domain.sentences.template import Templates, about, because, value, with_


def _reported(data: IssueReported) -> str:
    things = (
        ("order", data.order_id),
        ("delivery", data.delivery_id),
        ("asset", data.asset_id),
    )
    concerned = "".join(with_(f", {kind}", thing) for kind, thing in things)
    named = f"issue {data.issue_id}{concerned}"
    return f"Reported {spoken(data.category)} ({named}){because(data.symptom)}"


def _assigned(data: IssueAssigned) -> str:
    return f"Issue {data.issue_id} was assigned to {data.owner}"


def _diagnosis_recorded(data: IssueDiagnosisRecorded) -> str:
    result = spoken(data.result)
    test = f" (test: {data.test})" if data.test else ""
    return f"Hypothesis for issue {data.issue_id}: {coded(data.hypothesis)}, {result}{test}"


def _responsibility_disputed(data: IssueResponsibilityDisputed) -> str:
    return f"{data.by} said that issue {data.issue_id} is up to {data.blames}"


def _escalated(data: IssueEscalated) -> str:
    return f"Issue {data.issue_id} was escalated to {data.to}: {coded(data.reason)}"


def _resolved(data: IssueResolved) -> str:
    confirmed = "confirmed" if data.confirmed_by_customer else "not confirmed"
    return f"Issue {data.issue_id} was resolved: {coded(data.resolution)} " + (
        f"({confirmed} by the customer)"
    )


def _reopened(data: IssueReopened) -> str:
    return f"Issue {data.issue_id} was reopened: {coded(data.reason)}"


def _feedback_recorded(data: FeedbackRecorded) -> str:
    score = "" if data.score is None else f": {value(data.score)}"
    scale = "" if data.scale is None else f" on the scale {value(data.scale)}"
    comment = f", “{data.comment}”" if data.comment else ""
    return f"Gave feedback{with_(' about', data.about)}{about(data)}{score}{scale}{comment}"


def _complaint_filed(data: ComplaintFiled) -> str:
    wanted = f", wanting {data.wanted}" if data.wanted else ""
    return f"Filed complaint {data.complaint_id}{about(data)}{wanted}"


TEMPLATES: Templates = {
    IssueReported: _reported,
    IssueAssigned: _assigned,
    IssueDiagnosisRecorded: _diagnosis_recorded,
    IssueResponsibilityDisputed: _responsibility_disputed,
    IssueEscalated: _escalated,
    IssueResolved: _resolved,
    IssueReopened: _reopened,
    FeedbackRecorded: _feedback_recorded,
    ComplaintFiled: _complaint_filed,
}
