"""Issues that were told again and again, or that nobody owns."""

from collections.abc import Iterator

from domain.brief.banners.banner import Banner, Severity
from domain.brief.issues import evidence_of
from domain.brief.metrics import told_count
from domain.brief.reading import Reading
from domain.sentences.phrases import count, listed, moment, spoken
from domain.story.issues import Issue

TOLD_WARNING_MIN = 2
TOLD_CRITICAL_MIN = 3


def repeat_contact(reading: Reading) -> Iterator[Banner]:
    """Say of every open issue how often it was told, from the second time on."""
    for issue in _open(reading):
        told = told_count(reading.story, issue)
        if told >= TOLD_WARNING_MIN:
            severity: Severity = "critical" if told >= TOLD_CRITICAL_MIN else "warning"
            text = (
                f"Told {count(told, 'time')} and still open: {_named(issue)}, "
                f"since {moment(issue.since)}."
            )
            yield Banner("REPEAT_CONTACT", severity, text, tuple(evidence_of(issue)))


def no_owner(reading: Reading) -> Iterator[Banner]:
    """Say of every open issue that is pushed around who points at whom."""
    for issue in _open(reading):
        if issue.parties and issue.owner is None:
            category = f" ({spoken(issue.category)})" if issue.category else ""
            text = (
                f"Nobody owns issue {issue.issue_id}{category}: its responsibility is disputed "
                f"between {listed(issue.parties)}."
            )
            yield Banner("NO_OWNER", "critical", text, tuple(evidence_of(issue)))


def _open(reading: Reading) -> list[Issue]:
    return [issue for issue in reading.story.issues.by_id.values() if not issue.is_resolved]


def _named(issue: Issue) -> str:
    return f"{spoken(issue.category)} ({issue.issue_id})" if issue.category else issue.issue_id
