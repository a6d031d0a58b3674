"""How parts of a brief are said in a few words, the same in a terminal and on a page.

Promise: every word comes from the brief.
"""

from collections.abc import Mapping
from typing import Any

from domain.sentences.phrases import count
from domain.sentences.words import plain, seconds_between, spaced, span

Part = Mapping[str, Any]

SAY = {
    "PROMISE_BROKEN": "We promised, and did not do it. Say so before they have to.",
    "PROMISE_REFUSED": "We went back on a promise. Say who decides now, and by when.",
    "LAST_CONTACT_CUT_OFF": "We ended their last contact. Apologise, and go on from there.",
    "REPEAT_CONTACT": "They have told it before. Say that you know, and do not ask for it again.",
    "DEADLINE_AT_RISK": "It will be too late for them. Say so now, and offer an interim.",
    "DELIVERY_MISSING": "Nothing has come and nothing is on its way. Do not ask them to wait.",
    "EVIDENCE_CONFLICT": "Our records contradict each other. Do not blame the customer for it.",
    "NO_OWNER": "Nobody owns this. Take it, or name who does, before the contact ends.",
    "TERMS_NOT_DISCLOSED": "They were never told the terms that it was reduced for.",
    "COVERAGE_FOUND_AFTER_PAYMENT": "They may have paid what was covered. Offer to check it.",
}
"""What to do about each banner."""
NOTE_PARTS = (
    ("tried", "tried"),
    ("measured", "measured"),
    ("ruled_out", "ruled out"),
    ("next_step", "next"),
)


def say(brief: Part) -> list[str]:
    """Return what to say for each kind of critical banner, worst first; else for the first one."""
    banners = brief["banners"]
    critical = [banner for banner in banners if banner["severity"] == "critical"]
    codes = dict.fromkeys(banner["code"] for banner in critical or banners[:1])
    return [SAY[code] for code in codes if code in SAY]


def margin(promise: Part, as_of: str) -> str | None:
    """Return how far a promise is from its due time."""
    match promise["state"]:
        case "open" | "due_soon" if promise["due_at"]:
            return f"{span(seconds_between(as_of, promise['due_at']))} left"
        case "broken":
            return f"overdue by {span(promise['overdue_s'])}"
        case "kept_late":
            return f"kept {span(promise['overdue_s'])} late"
    return None


def reference(name: str, value: object) -> str:
    """Return a reference such as `order O-2`."""
    return f"{spaced(name.removesuffix('_id'))} {plain(value)}"


def issue_name(issue: Part) -> str:
    """Return an issue by its id and category."""
    return f"{plain(issue['issue_id'])} {spaced(issue['category'] or '')}".strip()


def outcome(contact: Part) -> str:
    """Return how a contact ended."""
    if not contact["ended_by"]:
        return "under way"
    return f"{spaced(contact['resolution'] or 'no outcome')}, ended by {plain(contact['ended_by'])}"


def is_cut_off(contact: Part) -> bool:
    """Tell whether our side ended a contact with nothing resolved."""
    return contact["ended_by"] in ("agent", "system") and contact["resolution"] != "resolved"


def noted(note: Part) -> str:
    """Return what was left for whoever comes next, verbatim."""
    said = [f"{word}: {plain(note[name])}" for name, word in NOTE_PARTS if note[name]]
    return " · ".join(said)


def numbers(metrics: Part) -> list[tuple[str, str]]:
    """Return the numbers that are not zero in words, each with its name."""
    said = {
        "contacts_5d": _counted(metrics["contacts_5d"], "contact", rest=" in 5 days"),
        "repeat_contacts": _counted(metrics["repeat_contacts"], "repeat"),
        "distinct_agents": _counted(metrics["distinct_agents"], "agent"),
        "ivr_s": _lasting(metrics["ivr_s"], "{} in menus"),
        "wait_s_total": _lasting(metrics["wait_s_total"], "{} waiting"),
        "time_to_answer_s": _lasting(metrics["time_to_answer_s"], "answered after {} last time"),
        "redundant_questions": _counted(
            metrics["redundant_questions"], "question", rest=" about what we knew"
        ),
        "handoffs_without_note": _counted(
            metrics["handoffs_without_note"], "transfer", rest=" without a note"
        ),
    }
    return [(name, words) for name, words in said.items() if words]


def _counted(number: int, noun: str, *, rest: str = "") -> str | None:
    return count(number, noun) + rest if number else None


def _lasting(seconds: int | None, words: str) -> str | None:
    return words.format(span(seconds)) if seconds else None
