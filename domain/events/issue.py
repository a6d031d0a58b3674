"""Issues: what is wrong, whose it is, and how it ended."""

from typing import ClassVar, Literal

from domain.events.event import EventData
from domain.events.values import Id, Text, Truth, Visibility


class IssueReported(EventData):
    """The customer said that something is wrong."""

    TOPIC = "toldonce.issue.reported.v1"
    issue_id: Id
    category: Text
    symptom: Text | None = None


class IssueAssigned(EventData):
    """Somebody became the owner of the issue."""

    TOPIC = "toldonce.issue.assigned.v1"
    VISIBILITY: ClassVar[Visibility] = "internal"
    issue_id: Id
    owner: Text


class IssueDiagnosisRecorded(EventData):
    """A possible cause was considered."""

    TOPIC = "toldonce.issue.diagnosis_recorded.v1"
    VISIBILITY: ClassVar[Visibility] = "internal"
    issue_id: Id
    hypothesis: Text
    result: Literal["untested", "supported", "ruled_out"]
    test: Text | None = None


class IssueResponsibilityDisputed(EventData):
    """One party said that the issue is another party's."""

    TOPIC = "toldonce.issue.responsibility_disputed.v1"
    VISIBILITY: ClassVar[Visibility] = "internal"
    issue_id: Id
    by: Text
    blames: Text


class IssueEscalated(EventData):
    """The issue was taken further up."""

    TOPIC = "toldonce.issue.escalated.v1"
    issue_id: Id
    to: Text
    reason: Text


class IssueResolved(EventData):
    """The issue was settled."""

    TOPIC = "toldonce.issue.resolved.v1"
    issue_id: Id
    resolution: Text
    confirmed_by_customer: Truth


class IssueReopened(EventData):
    """A settled issue came back."""

    TOPIC = "toldonce.issue.reopened.v1"
    issue_id: Id
    reason: Text
