"""What is wrong, how often the customer had to tell it, and what was done about it.

Promise: an issue is told once per contact, however many events of that contact repeat it.
"""

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Raw, field

from domain.events import (
    ContactInformationProvided,
    EventData,
    IssueAssigned,
    IssueDiagnosisRecorded,
    IssueEscalated,
    IssueReopened,
    IssueReported,
    IssueResolved,
    IssueResponsibilityDisputed,
)
from domain.story.cite import Cite, Step
from domain.story.leads import leads_to
from domain.story.saved import Saved
from domain.story.shelf import Shelved

if TYPE_CHECKING:
    from domain.story.story import Story

MISSING_CATEGORIES = frozenset(
    {"not_arrived", "not_delivered", "not_received", "delivery_missing", "missing", "lost"}
)

THINGS = ("order:", "delivery:", "job:", "visit:", "appointment:")


class Issue(Saved):
    """One thing that is wrong; `contacts` says per contact whether the issue was open in it."""

    issue_id: str
    first: Cite
    category: str | None = None
    is_resolved: bool = False
    owner: str | None = None
    parties: list[str] = []
    hypotheses: dict[str, str] = {}
    order_id: str | None = None
    delivery_id: str | None = None
    contacts: dict[str, bool] = {}
    told: dict[str, Cite] = {}
    our_actions: int = 0
    reported: Cite | None = None
    cites: list[Cite] = []

    @property
    def since(self) -> datetime:
        """Return when the issue was reported, or first mentioned where no report is known."""
        return (self.reported or self.first).at

    @property
    def reports_missing(self) -> bool:
        """Tell whether the issue says that a delivery did not arrive."""
        return self.category in MISSING_CATEGORIES


class Mention(NamedTuple):
    """An issue was named in a contact, and whether it was open in it.

    `ordinal` counts the issue's contacts from 1; `cite` is the event that was first noticed.
    """

    issue_id: str
    contact_id: str
    ordinal: int
    was_open: bool
    cite: Cite


class Issues(Saved):
    """All issues, and by thing (`order:O-5`) those that concern it."""

    by_id = Shelved(Issue)
    shelved_by_id: dict[str, Raw] = field(default_factory=dict, name="by_id")
    about: dict[str, list[str]] = {}


def mention(story: "Story", data: EventData, *, cite: Cite) -> None:
    """Note which contact and which things the issue of this event concerns."""
    if data.issue_id is None:
        return
    issue = story.issues.by_id.get(data.issue_id)
    if issue is None:
        issue = story.issues.by_id[data.issue_id] = Issue(data.issue_id, cite)
    if data.contact_id is not None:
        _mention_in(story, issue, contact_id=data.contact_id, cite=cite)
    if issue.order_id is None:
        issue.order_id = data.order_id
    if issue.delivery_id is None:
        issue.delivery_id = data.delivery_id
    for thing in leads_to(story, data):
        if thing.startswith(THINGS):
            _concern(story.issues.about.setdefault(thing, []), issue.issue_id)


def reported(story: "Story", data: IssueReported, *, cite: Cite) -> None:
    """Open the issue, or take what a further report adds to it."""
    issue = story.issues.by_id[data.issue_id]
    if issue.reported is None:
        issue.reported = cite
        issue.category = data.category
    _tell(issue, data.contact_id, cite=cite)
    issue.cites.append(cite)


def told(story: "Story", data: ContactInformationProvided, *, cite: Cite) -> None:
    """Count the contact in which the customer told the issue."""
    if data.issue_id is not None:
        _tell(story.issues.by_id[data.issue_id], data.contact_id, cite=cite)


def assigned(story: "Story", data: IssueAssigned, *, cite: Cite) -> None:
    """Name the one who answers for the issue."""
    issue = story.issues.by_id[data.issue_id]
    issue.owner = data.owner
    issue.cites.append(cite)


def diagnosis_recorded(story: "Story", data: IssueDiagnosisRecorded, *, cite: Cite) -> None:
    """Keep the newest result of a hypothesis."""
    issue = story.issues.by_id[data.issue_id]
    issue.hypotheses[data.hypothesis] = data.result
    issue.cites.append(cite)


def responsibility_disputed(
    story: "Story", data: IssueResponsibilityDisputed, *, cite: Cite
) -> None:
    """Name the parties that point at each other."""
    issue = story.issues.by_id[data.issue_id]
    for party in (data.by, data.blames):
        if party not in issue.parties:
            issue.parties.append(party)
    issue.cites.append(cite)


def escalated(story: "Story", data: IssueEscalated, *, cite: Cite) -> None:
    """Keep the escalation as evidence; only an assignment names an owner."""
    story.issues.by_id[data.issue_id].cites.append(cite)


def resolved(story: "Story", data: IssueResolved, *, cite: Cite) -> None:
    """Close the issue."""
    issue = story.issues.by_id[data.issue_id]
    issue.is_resolved = True
    issue.cites.append(cite)


def reopened(story: "Story", data: IssueReopened, *, cite: Cite) -> None:
    """Open the issue again."""
    issue = story.issues.by_id[data.issue_id]
    issue.is_resolved = False
    if data.contact_id is not None:
        _mention_in(story, issue, contact_id=data.contact_id, cite=cite)
    issue.cites.append(cite)


def _mention_in(story: "Story", issue: Issue, *, contact_id: str, cite: Cite) -> None:
    was_open = issue.contacts.get(contact_id)
    is_open = was_open or not issue.is_resolved
    if is_open is was_open:
        return
    issue.contacts[contact_id] = is_open
    ordinal = list(issue.contacts).index(contact_id) + 1
    story.news.mention(Mention(issue.issue_id, contact_id, ordinal, is_open, cite))


def _concern(issue_ids: list[str], issue_id: str) -> None:
    if issue_id not in issue_ids:
        issue_ids.append(issue_id)


def _tell(issue: Issue, contact_id: str | None, *, cite: Cite) -> None:
    if contact_id is not None:
        issue.told.setdefault(contact_id, cite)


STEPS: dict[type[EventData], Step] = {
    IssueReported: reported,
    ContactInformationProvided: told,
    IssueAssigned: assigned,
    IssueDiagnosisRecorded: diagnosis_recorded,
    IssueResponsibilityDisputed: responsibility_disputed,
    IssueEscalated: escalated,
    IssueResolved: resolved,
    IssueReopened: reopened,
}
