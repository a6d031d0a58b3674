"""The sections of a brief that list things: issues, promises, orders, what comes, contacts."""

from collections.abc import Mapping
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from cli.render.sheet import BAD, BOLD, DIM, GOOD, WARNING, Cell, Flow, columns, dotted
from domain.brief.said import (
    is_cut_off,
    issue_name,
    margin,
    noted,
    numbers,
    outcome,
    reference,
)
from domain.sentences.phrases import coded, count
from domain.sentences.words import plain, seconds_between, spaced, span, when

Brief = Mapping[str, Any]
Part = Mapping[str, Any]

PROMISE_STYLES = {
    "broken": BAD,
    "refused": BAD,
    "due_soon": WARNING,
    "kept_late": WARNING,
    "kept": GOOD,
}
DELIVERY_STYLES = {"delivered": GOOD, "presumed_lost": BAD, "exception": BAD}
NUMBER_STYLES = {"redundant_questions": BAD, "handoffs_without_note": WARNING}
CONTACTS_SHOWN_MAX = 5
RESOLVED_SHOWN_MAX = 3


def issues_of(brief: Brief) -> list[RenderableType]:
    """Return open issues with what was tried, then the newest of the resolved ones in a line."""
    lines: list[RenderableType] = []
    for issue in brief["issues"]:
        if issue["state"] == "open":
            lines.extend(_open_issue(issue, brief["as_of"]))
    resolved = [issue for issue in brief["issues"] if issue["state"] == "resolved"]
    if resolved:
        named = ", ".join(issue_name(issue) for issue in resolved[:RESOLVED_SHOWN_MAX])
        lines.append(Text(f"resolved: {named}{_more(len(resolved), RESOLVED_SHOWN_MAX)}", DIM))
    return lines


def promises_of(brief: Brief) -> list[RenderableType]:
    """Return each promise with its state and how far it is from its due time."""
    as_of = brief["as_of"]
    return [*columns(_promise(promise, as_of) for promise in brief["promises"])]


def promise_parts(promise: Part, as_of: str) -> list[Text | str | None]:
    """Return what was promised, when it is due, how far that is, and what it is about."""
    due = promise["due_at"]
    return [
        Text(plain(promise["what"])),
        f"due {when(due, as_of)}" if due else "no time named",
        margin(promise, as_of),
        *(Text(reference(name, value), DIM) for name, value in promise["refs"].items()),
    ]


def orders_of(brief: Brief) -> list[RenderableType]:
    """Return each order with its deliveries, its work and its deadline."""
    lines: list[RenderableType] = []
    for order in brief["orders"]:
        state = Text("delivered", GOOD) if order["delivered"] else Text("not delivered", WARNING)
        lines.append(
            Flow(
                Text(plain(order["order_id"] or "without an order"), BOLD), state, *_attempts(order)
            )
        )
        lines.extend(_job(job, brief["as_of"]) for job in order["jobs"])
        if order["deadline"]:
            lines.append(_deadline(order["deadline"], brief["as_of"]))
    return lines


def upcoming_of(brief: Brief) -> list[RenderableType]:
    """Return what comes next, with its time; the headline is not said twice."""
    ahead = [one for one in brief["upcoming"] if one["text"] != brief["headline"]]
    return [*columns((_at(one["at"], brief["as_of"]), plain(one["text"])) for one in ahead)]


def contacts_of(brief: Brief) -> list[RenderableType]:
    """Return the last contacts, newest first, and how many more there are."""
    contacts = brief["last_contacts"]
    shown = contacts[:CONTACTS_SHOWN_MAX]
    rows = [
        row
        for contact in shown
        for row in (_contact(contact, brief["as_of"]), *map(_note, contact["handoff_notes"]))
    ]
    more = _more(len(contacts), CONTACTS_SHOWN_MAX)
    return [*columns(rows), *([Text(more.strip(" ,"), DIM)] if more else [])]


def metrics_of(brief: Brief) -> list[RenderableType]:
    """Return the numbers that are not zero, each with its word."""
    said = numbers(brief["metrics"])
    flow = Flow(*(Text(words, NUMBER_STYLES.get(name, "")) for name, words in said))
    return [flow] if flow else []


def _open_issue(issue: Part, as_of: str) -> list[RenderableType]:
    times = issue["told_count"]
    told = Text(f"told {times}×", BAD if times > 1 else "") if times else None
    actions = issue["our_actions"]
    done = Text(f"we acted {count(actions, 'time')}" if actions else "we did nothing yet")
    since = issue["since"]
    lines: list[RenderableType] = [
        Flow(
            Text(issue_name(issue), BOLD),
            f"open for {span(seconds_between(since, as_of))}" if since else "open",
            told,
            done,
            f"owner {plain(issue['owner'])}" if issue["owner"] else "no owner",
        )
    ]
    if issue["parties"]:
        lines.append(Text(f"  disputed between {plain(issue['parties'])}"))
    if issue["hypotheses"]:
        tried = (
            f"{plain(coded(h['hypothesis']))} {spaced(h['result'])}" for h in issue["hypotheses"]
        )
        lines.append(Text(f"  causes: {', '.join(tried)}"))
    lines.extend(
        Text(f"  {spaced(remedy['kind'])}: {plain(remedy['what'])}, {spaced(remedy['state'])}")
        for remedy in issue["remedies"]
    )
    return lines


def _promise(promise: Part, as_of: str) -> tuple[Cell, ...]:
    state = Text(spaced(promise["state"]), PROMISE_STYLES.get(promise["state"], ""))
    return plain(promise["promise_id"]), state, Flow(*promise_parts(promise, as_of))


def _attempts(order: Part) -> list[Text]:
    """Return the deliveries in order: `1st D-1 presumed lost`."""
    if not order["attempts"]:
        return [] if order["delivered"] else [Text("nothing was sent yet")]
    return [
        Text(f"{attempt['attempt_no']}: {plain(attempt['delivery_id'])} ").append(
            spaced(attempt["state"]), DELIVERY_STYLES.get(attempt["state"], "")
        )
        for attempt in order["attempts"]
    ]


def _job(job: Part, as_of: str) -> Text:
    eta = f"ready {when(job['eta'], as_of)}" if job["eta"] else None
    return Text("  ").append(dotted(f"work {plain(job['job_id'])}", spaced(job["state"]), eta))


def _deadline(deadline: Part, as_of: str) -> Text:
    text = Text(f"  needed by {when(deadline['need_by'], as_of)}")
    if deadline["late_by_s"] > 0:
        text.append(f" · {span(deadline['late_by_s'])} too late", BAD)
    return text


def _contact(contact: Part, as_of: str) -> tuple[Cell, ...]:
    way = f"{contact['direction'] or ''} {spaced(contact['channel'] or 'contact')}"
    return (
        _at(contact["started_at"], as_of),
        Flow(
            spaced(way).strip(),
            " → ".join(plain(agent) for agent in contact["agents"]),
            _if(contact["ivr_s"], "menu {}"),
            _if(contact["wait_s"], "waited {}"),
            _outcome(contact),
        ),
    )


def _outcome(contact: Part) -> Text:
    return Text(outcome(contact), BAD if is_cut_off(contact) else "")


def _note(note: Part) -> tuple[Cell, ...]:
    return "", Text(f"noted: {noted(note)}")


def _at(moment: str | None, as_of: str) -> str:
    return when(moment, as_of) if moment else "–"


def _if(seconds: int | None, words: str) -> str | None:
    return words.format(span(seconds)) if seconds else None


def _more(number: int, shown: int) -> str:
    return f", and {number - shown} more" if number > shown else ""
