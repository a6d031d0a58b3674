"""What the company did about an issue: on the issue itself, or on its order, delivery or job.

Promise: an event counts once per issue, and only from when the issue was first heard of; a dispatch
only from its report on.
"""

from typing import TYPE_CHECKING

from domain.events import (
    DeliveryDispatched,
    DeliveryInvestigationOpened,
    EventData,
    IssueAssigned,
    IssueDiagnosisRecorded,
    JobCompleted,
    JobEtaRevised,
    JobInspectionFailed,
    JobRestarted,
    JobStarted,
    OrderReplacementSent,
    RemedyAccepted,
    RemedyDeclined,
    RemedyDelivered,
    RemedyOffered,
    VisitServicePerformed,
)
from domain.story.cite import Cite, Step
from domain.story.leads import leads_to

if TYPE_CHECKING:
    from domain.story.story import Story


def count_action(story: "Story", data: EventData, *, cite: Cite) -> None:
    """Count the event for every issue that it concerns."""
    for issue_id in _concerned(story, data):
        issue = story.issues.by_id[issue_id]
        # what was sent before the customer reported anything was no answer to it
        if type(data) is DeliveryDispatched and issue.reported is None:
            continue
        issue.our_actions += 1
        # a step of this event may have noted it already, and then last
        if issue.cites[-1:] != [cite]:
            issue.cites.append(cite)


def _concerned(story: "Story", data: EventData) -> list[str]:
    if not story.issues.by_id:
        return []
    things = leads_to(story, data)
    named = {thing.partition(":")[2] for thing in things if thing.startswith("issue:")}
    about = (i for thing in things for i in story.issues.about.get(thing, ()))
    return sorted({*named, *about} & story.issues.by_id.keys())


STEPS: dict[type[EventData], Step] = dict.fromkeys(
    (
        IssueAssigned,
        IssueDiagnosisRecorded,
        RemedyOffered,
        RemedyAccepted,
        RemedyDeclined,
        RemedyDelivered,
        JobStarted,
        JobInspectionFailed,
        JobRestarted,
        JobEtaRevised,
        JobCompleted,
        OrderReplacementSent,
        DeliveryDispatched,
        DeliveryInvestigationOpened,
        VisitServicePerformed,
    ),
    count_action,
)
