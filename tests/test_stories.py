"""The five stories: valid, about nobody real, and with the numbers that they are told for."""

import json
import re
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from domain.decode import Accepted, decode
from domain.handles import Handle, handles_of
from tests.given import LATER, Given, banner, codes, the

FOLDER = Path(__file__).parent.parent / "examples" / "stories"
STORIES: list[dict[str, Any]] = tomllib.loads((FOLDER / "stories.toml").read_text())["story"]
NAMES = [story["file"] for story in STORIES]
FICTIONAL_PHONE = re.compile(r"\+1\d{3}555 ?01\d\d")


def lines(name: str) -> list[bytes]:
    """Return the events of a story as they stand in its file."""
    return (FOLDER / name).read_bytes().splitlines()


def told(name: str) -> Given:
    """Return the events of a story as they arrived."""
    return Given().arriving(*(json.loads(line) for line in lines(name)))


def at(story: dict[str, Any]) -> list[str]:
    """Return the moments of a story in the form of the notation."""
    return [f"{brief['as_of']:%Y-%m-%dT%H:%M:%S}" for brief in story["brief"]]


@pytest.mark.parametrize("name", NAMES)
def test_every_line_is_a_valid_event(name: str) -> None:
    """What is shown as an example is what the contract accepts."""
    verdicts = [decode(line, now=LATER) for line in lines(name)]
    assert [verdict for verdict in verdicts if not isinstance(verdict, Accepted)] == []


def test_no_two_events_have_the_same_source_and_id() -> None:
    """Imported into one log, all of them are stored."""
    events = [json.loads(line) for name in NAMES for line in lines(name)]
    assert len({(event["source"], event["id"]) for event in events}) == len(events)


def test_no_two_stories_share_an_identifier_or_a_reference() -> None:
    """In one log they stay five customers."""
    seen: dict[Handle, str] = {}
    for name in NAMES:
        for event in told(name).events:
            handles = handles_of(event.data)
            for handle in (*handles.strong, *handles.weak, *handles.references):
                assert seen.setdefault(handle, name) == name, handle


@pytest.mark.parametrize("name", NAMES)
def test_phones_and_addresses_belong_to_nobody(name: str) -> None:
    """Phones are of the range kept for fiction, mail goes to a domain that cannot exist."""
    text = (FOLDER / name).read_text()
    assert all(FICTIONAL_PHONE.fullmatch(phone) for phone in re.findall(r"\+\d[\d ]+", text))
    assert all(host == "x.example" for host in re.findall(r"[\w.-]+@([\w.-]+)", text))


@pytest.mark.parametrize("story", STORIES, ids=NAMES)
def test_the_list_says_all_that_the_demo_needs(story: dict[str, Any]) -> None:
    """A title, a sentence, whom to look up, and moments with a time zone in their order."""
    assert story["title"]
    assert story["sentence"].endswith(".")
    moments = [brief["as_of"] for brief in story["brief"]]
    assert all(isinstance(moment, datetime) and moment.tzinfo for moment in moments)
    assert moments == sorted(moments)
    assert all(brief["sentence"].endswith(".") for brief in story["brief"])
    wanted = Handle.parse(story["identifier"])
    observed = [handles_of(event.data) for event in told(story["file"]).events]
    assert any(wanted in (*handles.strong, *handles.weak) for handles in observed)


def test_the_list_is_the_folder() -> None:
    """Every file is told, and every story that is told has its file."""
    assert sorted(NAMES) == sorted(path.name for path in FOLDER.glob("*.ndjson"))


def test_nine_calls() -> None:
    """Nine tellings, nine agents, no action, and the four fields that nobody needs to ask for."""
    (now,) = at(STORIES[0])
    brief = told(NAMES[0]).then(now)
    issue = the(brief, "issues", issue_id="I-1")
    assert (issue["told_count"], issue["our_actions"], issue["state"]) == (9, 0, "open")
    assert brief["who"]["tenure_years"] == 17
    metrics = brief["metrics"]
    assert (metrics["contacts_5d"], metrics["repeat_contacts"]) == (9, 8)
    assert (metrics["distinct_agents"], metrics["redundant_questions"]) == (9, 0)
    four = {"account_no", "service_address", "modem_serial", "symptom"}
    assert four <= set(brief["do_not_ask"])
    assert banner(brief, "REPEAT_CONTACT")["severity"] == "critical"
    assert len(brief["issues"]) == 1


def test_software_that_was_never_sent() -> None:
    """The broken promise is the headline; put right, it stays on record as kept late."""
    call, put_right, _ = at(STORIES[1])
    brief = told(NAMES[1]).then(call)
    promise = the(brief, "promises", promise_id="P-2")
    assert (promise["state"], promise["overdue_s"]) == ("broken", 190_800)
    assert promise["due_at"] == "2026-03-03T10:00:00Z"
    assert the(brief, "orders", order_id="O-2")["attempts"] == []
    assert codes(brief) == ["PROMISE_BROKEN", "DELIVERY_MISSING"]
    assert brief["headline"] == banner(brief, "PROMISE_BROKEN")["text"]
    after = told(NAMES[1]).then(put_right)
    states = [the(after, "promises", promise_id=id)["state"] for id in ("P-2", "P-3")]
    assert states == ["kept_late", "kept"]


def test_a_gift_sent_three_times_and_its_late_scan() -> None:
    """Before the scan three attempts and nothing delivered; with it the records contradict."""
    *_, now = at(STORIES[1])
    story = told(NAMES[1])
    before = story.then("2026-05-22T10:00", known_at=len(story.events) - 1)
    order = the(before, "orders", order_id="O-5")
    states = {attempt["delivery_id"]: attempt["state"] for attempt in order["attempts"]}
    assert states == {"D-1": "presumed_lost", "D-2": "under_investigation", "D-3": "in_transit"}
    assert order["delivered"] is False
    assert the(before, "issues", issue_id="I-5")["told_count"] == 2
    assert "EVIDENCE_CONFLICT" not in codes(before)
    conflict = banner(story.then(now), "EVIDENCE_CONFLICT")
    assert [cited["source"] for cited in conflict["evidence"]] == [
        "/carrier/tracking",
        "/mail-order/customer-service",
    ]


def test_the_lens() -> None:
    """Late by 32 hours with its chain; on the day, what was delivered and what is owed."""
    call, due = at(STORIES[2])
    brief = told(NAMES[2]).then(call)
    assert the(brief, "orders", order_id="J-12")["deadline"]["late_by_s"] == 115_200
    risk = banner(brief, "DEADLINE_AT_RISK")
    assert brief["headline"] == risk["text"]
    chain = ["inspection failed", "restarted", "expected time revised"]
    assert [risk["text"].index(link) for link in chain] == sorted(map(risk["text"].index, chain))
    later = told(NAMES[2]).then(due)
    states = [the(later, "promises", promise_id=id)["state"] for id in ("P-12", "P-13")]
    assert states == ["superseded", "due_soon"]
    assert "Delivered on 7 July 2026" in later["headline"]
    assert "Still owed by 20 July 2026" in later["headline"]


def test_cut_off_and_the_car_service() -> None:
    """Half an hour and the agent's name; at the door a permanent client; a call that was kept."""
    hung_up, door, called = at(STORIES[3])
    story = told(NAMES[3])
    brief = story.then(hung_up)
    assert brief["headline"] == banner(brief, "LAST_CONTACT_CUT_OFF")["text"]
    assert (brief["metrics"]["ivr_s"], brief["metrics"]["wait_s_total"]) == (60, 1800)
    assert brief["last_contacts"][0]["agents"] == ["a77"]
    arrived = story.then(door)
    assert "permanent_client" in arrived["who"]["segments"]
    assert arrived["upcoming"][0]["ref"] == "appointment:APT-0455-7"
    kept = story.then(called)
    assert the(kept, "promises", promise_id="P-30")["state"] == "kept"
    assert "Brake pads in 10 000 km" in " ".join(ahead["text"] for ahead in kept["upcoming"])


def test_travel_insurance() -> None:
    """The reduction for undisclosed terms, and a promise counted in business days over Easter."""
    (now,) = at(STORIES[4])
    brief = told(NAMES[4]).then(now)
    promise = the(brief, "promises", promise_id="P-90417-1")
    assert promise["due_at"] == "2026-04-08T21:00:00Z"
    assert (promise["state"], promise["overdue_s"]) == ("broken", 57_600)
    assert codes(brief) == ["PROMISE_BROKEN", "TERMS_NOT_DISCLOSED"]
    assert "no preauthorization (-20 %)" in banner(brief, "TERMS_NOT_DISCLOSED")["text"]
