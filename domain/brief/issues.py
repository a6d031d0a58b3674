"""The issues: open ones first, within that the newest first.

Parties, hypotheses and remedies stand in the order in which they were first named.
"""

from domain.brief.metrics import told_count
from domain.brief.reading import Reading
from domain.brief.shape import Json, evidence, stamp
from domain.story.cite import Cite
from domain.story.issues import Issue
from domain.story.remedies import Remedy
from domain.story.story import Story


def issues(reading: Reading) -> list[Json]:
    """Return every issue."""
    story = reading.story
    newest_first = sorted(
        story.issues.by_id.values(), key=lambda i: (i.since, i.issue_id), reverse=True
    )
    remedies = _by_issue(story)
    return [
        _issue(story, issue, remedies=remedies.get(issue.issue_id, []))
        for issue in sorted(newest_first, key=lambda i: i.is_resolved)
    ]


def evidence_of(issue: Issue) -> list[Cite]:
    """Return the events that an issue rests on."""
    return [issue.reported or issue.first, *issue.cites, *issue.told.values()]


def _issue(story: Story, issue: Issue, *, remedies: list[Remedy]) -> Json:
    return {
        "issue_id": issue.issue_id,
        "state": "resolved" if issue.is_resolved else "open",
        "category": issue.category,
        "since": stamp(issue.since),
        "told_count": told_count(story, issue),
        "contacts": sum(story.contacts.has_ended(contact_id) for contact_id in issue.contacts),
        "our_actions": issue.our_actions,
        "owner": issue.owner,
        "parties": list(issue.parties),
        "hypotheses": [{"hypothesis": h, "result": r} for h, r in issue.hypotheses.items()],
        "remedies": [
            {"remedy_id": r.remedy_id, "kind": r.kind, "what": r.what, "state": r.state}
            for r in remedies
        ],
        "evidence": evidence(evidence_of(issue)),
    }


def _by_issue(story: Story) -> dict[str, list[Remedy]]:
    by_issue: dict[str, list[Remedy]] = {}
    for remedy in story.remedies.values():
        ordered = story.issues.about.get(f"order:{remedy.order_id}", [])
        for issue_id in [remedy.issue_id] if remedy.issue_id else ordered:
            by_issue.setdefault(issue_id, []).append(remedy)
    return by_issue
