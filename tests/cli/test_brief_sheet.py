"""The brief as it is read while the phone rings."""

import io
import re
from typing import Any

import pytest
from rich.console import RenderableType

from cli.render.brief import brief_sheet
from cli.render.sheet import show
from domain.brief.said import SAY
from domain.identity.match import Match
from tests.domain.scenarios import (
    test_s01_nine_calls,
    test_s02_software_within_a_day,
    test_s04_finger_pointing,
    test_s08_lens,
    test_s12_other_office,
)
from tests.given import Given, given, possible_customers

TENTH_CALL = "2009-12-01T13:00"


def text_of(renderable: RenderableType) -> str:
    """Return what is written where no terminal is."""
    stream = io.StringIO()
    show(renderable, stream=stream)
    return stream.getvalue()


def sheet(brief: dict[str, Any]) -> str:
    """Return the text of a brief."""
    return text_of(brief_sheet(brief))


def section(text: str, label: str) -> str:
    """Return the lines of one section as one text."""
    found = re.search(rf"^{label} (.*?)(?=^\S|\Z|^$)", text, re.MULTILINE | re.DOTALL)
    assert found, f"no {label} in\n{text}"
    return " ".join(found[1].split())


SCENARIOS = [
    (test_s01_nine_calls.STORY, TENTH_CALL),
    (test_s02_software_within_a_day.STORY, "2026-03-05T15:00"),
    (test_s04_finger_pointing.STORY, "2026-03-04"),
    (test_s08_lens.STORY, "2026-07-06T14:00:33"),
    (test_s12_other_office.STORY, "2026-02-02T09:00"),
]


@pytest.mark.parametrize(("story", "as_of"), SCENARIOS)
def test_a_brief_is_calm_text(story: Given, as_of: str) -> None:
    """The headline first, 100 columns at most, no control codes, no blanks at the ends of lines."""
    brief = story.then(as_of)
    text = sheet(brief)
    beginning = " ".join(text.split("\n\n")[0].split())
    assert brief["headline"] in beginning
    assert text.splitlines()[0].endswith(tuple(brief["headline"].split()))
    assert all(len(line) <= 100 and line == line.rstrip() for line in text.splitlines())
    assert "\x1b" not in text


@pytest.mark.parametrize(("story", "as_of"), SCENARIOS)
def test_a_brief_says_what_it_rests_on(story: Given, as_of: str) -> None:
    """Events considered and hidden, the moment and the position stand at the end."""
    brief = story.then(as_of)
    last = sheet(brief).splitlines()[-1]
    assert f"{brief['events_considered']} events considered, none hidden" in last
    assert f"known at position {brief['known_at']}" in last


def test_what_was_told_is_not_to_be_asked() -> None:
    """Every known field with its value, so that it can be used."""
    text = sheet(test_s01_nine_calls.STORY.then(TENTH_CALL))
    known = section(text, "DO NOT ASK")
    assert "account no 7731" in known
    assert "service address 12 Elm Street" in known
    assert "told 9× · we did nothing yet · no owner" in section(text, "ISSUES")
    assert section(text, "WHO").startswith("customer since 1 Dec 1992 (17 years)")


def test_a_broken_promise_is_said_in_human_words() -> None:
    """How long it is overdue, and what to say."""
    text = sheet(test_s02_software_within_a_day.STORY.then("2026-03-05T15:00"))
    assert "due 3 Mar 10:00 · overdue by 2 days 5 h" in section(text, "PROMISES")
    assert SAY["PROMISE_BROKEN"] in section(text, "SAY")
    assert "O-2 · not delivered · nothing was sent yet" in section(text, "ORDERS")


def test_what_may_have_changed_is_to_be_confirmed() -> None:
    """With its age and the place where it was told."""
    text = sheet(test_s12_other_office.STORY.then("2026-02-02T09:00"))
    assert "address 1 Main Street 10 May 2024 · at A" in section(text, "CONFIRM")


def test_every_number_that_is_not_there_is_left_out() -> None:
    """No section without content, no nought among the numbers."""
    text = sheet(given("2026-01-01T10:00 order.placed O-1 account_no:7731").then("2026-01-02"))
    assert "NUMBERS" not in text
    assert "ISSUES" not in text


def test_severity_is_told_without_colour() -> None:
    """A symbol and a word stand before each banner."""
    text = sheet(test_s04_finger_pointing.STORY.then("2026-03-04"))
    assert text.count("✖ critical") == 2


def test_maybe_shows_the_doubt_and_nobody() -> None:
    """How many it could be, and how to find out."""
    who = possible_customers(8, "phone:+17175550142")
    text = sheet(given().then(TENTH_CALL, who=who))
    assert text.startswith("▲ warning  This may be any of 8 customers")
    assert "toldonce brief account_no:…" in text
    assert "WHO" not in text


def test_unknown_says_so_and_invites_to_listen() -> None:
    """Somebody new is not an error."""
    text = sheet(given().then(TENTH_CALL, who=Match("unknown")))
    assert text.startswith("Nobody is known by that.")
    assert "listen" in text


def test_what_a_customer_said_cannot_steer_the_terminal() -> None:
    """Markup stays text; a fact of any length is shown whole."""
    long = "word " * 60
    told = f'2026-01-01T10:05 contact.information_provided c1 facts={{symptom: "[red]{long}"}}'
    text = sheet(
        given("2026-01-01T10:00 contact.started c1 account_no:7731", told).then("2026-01-02")
    )
    known = section(text, "DO NOT ASK")
    assert "[red]word" in known
    assert known.count("word") == 60
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize(("story", "as_of"), SCENARIOS)
def test_every_critical_banner_comes_with_what_to_say(story: Given, as_of: str) -> None:
    """Bad news is only of use to those who know how to begin."""
    brief = story.then(as_of)
    text = sheet(brief)
    for banner in brief["banners"]:
        if banner["severity"] == "critical":
            assert SAY[banner["code"]] in section(text, "SAY")
