"""The brief as it is read while the phone rings: what matters first, nothing hidden silently.

Promise: every word comes from the brief; what is left out here is counted or said to be left out.
"""

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from cli.render.brief_sections import (
    contacts_of,
    issues_of,
    metrics_of,
    orders_of,
    promises_of,
    upcoming_of,
)
from cli.render.sheet import BAD, BOLD, DIM, GOOD, WARNING, Cell, Flow, columns, dotted, section
from domain.brief.said import say
from domain.sentences.phrases import count
from domain.sentences.words import clock, day, incomplete, plain, spaced, when_about

Brief = Mapping[str, Any]

# A symbol and a word beside the colour: not everybody sees it, and not everything prints it.
SEVERITIES = {
    "critical": ("✖ critical", BAD),
    "warning": ("▲ warning", WARNING),
    "info": ("● note", "cyan"),
}


def brief_sheet(brief: Brief) -> RenderableType:
    """Return the brief for a terminal; `maybe` and `unknown` have screens of their own."""
    match brief["who"]["match"]["level"]:
        case "unknown":
            return Group(*_unknown(brief), Text(), _completeness(brief))
        case "maybe":
            return Group(*_maybe(brief), Text(), _completeness(brief))
    return Group(*_headline(brief), Text(), *_sections(brief), Text(), _completeness(brief))


def _unknown(brief: Brief) -> list[RenderableType]:
    return [
        Text(f"Nobody is known by {_sought(brief)}.", BOLD),
        Text(),
        Text("This may be their first contact: listen, and note what they tell you."),
    ]


def _maybe(brief: Brief) -> list[RenderableType]:
    return [
        *_headline(brief),
        Text(),
        Text("Ask for one thing that belongs to one person, such as an account number,"),
        Text("and look that up: toldonce brief account_no:…"),
    ]


def _sought(brief: Brief) -> str:
    by = brief["who"]["match"]["by"]
    return " or ".join(f"{spaced(one['type'])} {plain(one['value'])}" for one in by) or "that"


def _headline(brief: Brief) -> list[RenderableType]:
    banners, headline = brief["banners"], plain(brief["headline"] or "Nothing is open.")
    if banners and banners[0]["text"] == brief["headline"]:
        return _banners(banners)
    return [Text(headline, BOLD), *_banners(banners)]


def _banners(banners: list[Mapping[str, Any]]) -> list[RenderableType]:
    rows = []
    for banner in banners:
        word, style = SEVERITIES[banner["severity"]]
        rows.append((Text(word, style), Text(plain(banner["text"]), BOLD)))
    return [*columns(rows)]


def _sections(brief: Brief) -> list[RenderableType]:
    return [
        *section("who", _who(brief)),
        *section("say", map(Text, say(brief)), style=GOOD),
        *section("do not ask", columns(_known(brief, brief["do_not_ask"])), style=BAD),
        *section("confirm", columns(_known(brief, brief["confirm"])), style=WARNING),
        *section("ask", [Text(", ".join(map(spaced, brief["missing"])))] * bool(brief["missing"])),
        *section("issues", issues_of(brief)),
        *section("promises", promises_of(brief)),
        *section("orders", orders_of(brief)),
        *section("coming up", upcoming_of(brief)),
        *section("contacts", contacts_of(brief)),
        *section("numbers", metrics_of(brief)),
    ]


def _who(brief: Brief) -> list[RenderableType]:
    who = brief["who"]
    since = who["customer_since"]
    years = who["tenure_years"]
    tenure = f" ({count(years, 'year')})" if years else ""
    first = Flow(
        Text(plain(who["name"]), BOLD) if who["name"] else None,
        f"customer since {day(since)}{tenure}" if since else None,
        *(spaced(segment) for segment in who["segments"]),
    )
    known_by = Flow(*(_identifier(one) for one in who["identifiers"]))
    return [line for line in (first, known_by) if line]


def _identifier(one: Mapping[str, Any]) -> Text:
    text = Text(f"{spaced(one['type'])} {plain(one['value'])}")
    if one["issuer"]:
        text.append(f" of {plain(one['issuer'])}")
    if one["verified"]:
        text.append(" ✓ verified", GOOD)
    return text


def _known(brief: Brief, fields: list[str]) -> list[tuple[Cell, ...]]:
    return [_fact(field, brief["known"][field], as_of=brief["as_of"]) for field in fields]


def _fact(field: str, fact: Mapping[str, Any], *, as_of: str) -> tuple[Cell, ...]:
    place = f"at {plain(fact['location_id'])}" if fact["location_id"] else None
    told = dotted(when_about(fact["observed_at"], as_of), place)
    told.stylize(DIM)
    return spaced(field), Text(plain(fact["value"]), BOLD), told


def _completeness(brief: Brief) -> Text:
    hidden = brief["events_hidden"]
    considered = count(brief["events_considered"], "event")
    text = Text(
        f"{considered} considered, {f'{hidden:,}' if hidden else 'none'} hidden"
        f" · as of {clock(brief['as_of'])} UTC · known at position {brief['known_at']}",
        DIM,
    )
    return text.append(incomplete(brief["incomplete_since"]), BAD)
