"""The shape of the brief: every member in its place, whatever happened."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hypothesis import given as for_all

from domain.brief import brief, canonical_json
from domain.event import Event
from domain.identity.match import Match
from domain.story import fold, new_story
from tests.domain.arbitrary import TOPICS_AND_CORRECTIONS, events
from tests.domain.test_story_properties import END
from tests.given import CUSTOMER, at, given, known_customer, possible_customers

ROOT = Path(__file__).parents[2]
SECTIONS = {
    "customer_id": None,
    "as_of": None,
    "known_at": None,
    "events_considered": None,
    "events_hidden": None,
    "incomplete_since": None,
    "who": {"match", "name", "customer_since", "tenure_years", "segments", "identifiers"},
    "headline": None,
    "headline_evidence": {"source", "id"},
    "banners": {"code", "severity", "text", "evidence"},
    "issues": {
        "issue_id",
        "state",
        "category",
        "since",
        "told_count",
        "contacts",
        "our_actions",
        "owner",
        "parties",
        "hypotheses",
        "remedies",
        "evidence",
    },
    "promises": {"promise_id", "what", "due_at", "state", "overdue_s", "refs", "evidence"},
    "known": {"value", "observed_at", "location_id", "verified", "evidence"},
    "do_not_ask": None,
    "confirm": None,
    "missing": None,
    "orders": {"order_id", "delivered", "deadline", "attempts", "jobs"},
    "upcoming": {"kind", "at", "text", "ref"},
    "last_contacts": {
        "contact_id",
        "channel",
        "direction",
        "started_at",
        "agents",
        "ivr_s",
        "wait_s",
        "ended_by",
        "resolution",
        "handoff_notes",
    },
    "metrics": {
        "contacts_5d",
        "repeat_contacts",
        "distinct_agents",
        "ivr_s",
        "wait_s_total",
        "time_to_answer_s",
        "redundant_questions",
        "handoffs_without_note",
    },
}
STATES = {
    "promises": {
        "open",
        "due_soon",
        "broken",
        "kept",
        "kept_late",
        "refused",
        "superseded",
        "waived",
    },
    "issues": {"open", "resolved"},
    "attempts": {
        "in_transit",
        "out_for_delivery",
        "exception",
        "under_investigation",
        "presumed_lost",
        "delivered",
    },
    "remedies": {"offered", "accepted", "declined", "delivered"},
}


def brief_of(told: list[Event]) -> dict[str, Any]:
    """Return the brief at the end of arbitrary events."""
    who = known_customer(told)
    return brief(fold(told), as_of=END, known_at=len(told), who=who, customer_id=CUSTOMER)


def entries(section: Any) -> list[dict[str, Any]]:
    """Return the objects that a section consists of."""
    if isinstance(section, list):
        return [entry for entry in section if isinstance(entry, dict)]
    values = list(section.values())
    return values if values and all(isinstance(v, dict) for v in values) else [section]


@for_all(told=events(TOPICS_AND_CORRECTIONS))
def test_every_brief_has_the_shape_of_the_contract(told: list[Event]) -> None:
    """No member is missing or added, and every state is one of those that the contract names."""
    document = brief_of(told)
    assert list(document) == list(SECTIONS)
    for name, members in SECTIONS.items():
        if members is not None and document[name]:
            assert all(set(entry) == members for entry in entries(document[name])), name
    assert {p["state"] for p in document["promises"]} <= STATES["promises"]
    assert {i["state"] for i in document["issues"]} <= STATES["issues"]
    attempts = [a for order in document["orders"] for a in order["attempts"]]
    assert {a["state"] for a in attempts} <= STATES["attempts"]
    remedies = [r for issue in document["issues"] for r in issue["remedies"]]
    assert {r["state"] for r in remedies} <= STATES["remedies"]


@for_all(told=events(TOPICS_AND_CORRECTIONS))
def test_whatever_is_said_rests_on_events_that_exist(told: list[Event]) -> None:
    """Banners, headline, issues, promises and known values cite at least one event, each once."""
    document = brief_of(told)
    exist = {(e.source, e.id) for e in told}
    cited = [entry["evidence"] for s in ("banners", "issues", "promises") for entry in document[s]]
    cited += [entry["evidence"] for entry in document["known"].values()]
    if document["banners"] or document["upcoming"] or document["last_contacts"]:
        cited.append(document["headline_evidence"])
    for evidence in cited:
        keys = [(e["source"], e["id"]) for e in evidence]
        assert keys
        assert set(keys) <= exist
        assert len(set(keys)) == len(keys)


@for_all(told=events(TOPICS_AND_CORRECTIONS))
def test_a_brief_is_plain_json(told: list[Event]) -> None:
    """Written and read again it is the same, and no two fields of knowledge overlap."""
    document = brief_of(told)
    assert json.loads(canonical_json(document)) == document
    asked, confirmed = set(document["do_not_ask"]), set(document["confirm"])
    assert asked | confirmed == set(document["known"])
    assert not asked & confirmed
    assert not set(document["missing"]) & set(document["known"])


def test_nobody_known_is_a_brief_without_a_person() -> None:
    """Looking up an identifier that nobody has gives the whole shape, empty."""
    who = Match("unknown")
    document = brief(new_story(), as_of=at("2026-01-01"), known_at=0, who=who, customer_id=None)
    assert list(document) == list(SECTIONS)
    assert document["headline"] == "Nobody is known by this yet."
    assert document["customer_id"] is None
    assert document["banners"] == []
    assert document["who"]["match"] == {"level": "unknown", "by": [], "candidates": 0}


def test_a_story_given_with_an_uncertain_match_stays_closed() -> None:
    """Even if a story is handed over, `maybe` shows nothing of it."""
    story = given("2026-01-01 contact.information_provided c1 facts={name: Ada} account_no:1")
    who = possible_customers(2, "phone:+17175550142")
    document = story.then("2026-01-02", who=who)
    assert b"Ada" not in canonical_json(document)
    assert document["events_considered"] == 0
    assert document["who"]["match"]["candidates"] == 2


def test_times_are_utc_and_fractions_only_where_there_are_some() -> None:
    """Offsets are converted, and a moment has one way of being written."""
    story = given("2026-01-01T02:00:00.250000+02:00 issue.reported I-1")
    document = story.then("2026-01-01T03:00+02:00")
    assert document["as_of"] == "2026-01-01T01:00:00Z"
    assert document["issues"][0]["since"] == "2026-01-01T00:00:00.250000Z"


def test_a_brief_has_the_same_bytes_in_every_process() -> None:
    """Nothing that differs from process to process gets into a brief."""
    program = (
        "from tests.domain.scenarios.test_s03_late_scan import LATE\n"
        "from domain.brief import canonical_json\n"
        "print(canonical_json(LATE.then('2026-05-23')).decode())"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1


def test_what_a_policy_withheld_is_counted() -> None:
    """The reader says how many events it kept back, and the brief repeats it."""
    story = given("2026-01-01 issue.reported I-1").story("2026-01-02")
    story.events_hidden = 3
    who = Match("known")
    document = brief(story, as_of=at("2026-01-02"), known_at=1, who=who, customer_id=CUSTOMER)
    assert document["events_hidden"] == 3
