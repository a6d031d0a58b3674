"""The compact notation of events in tests: TIME NAME [own id], then in any order what it states.

Identifiers and references are `type:value`, members `member=value`; `#id` and `@source` are the
event's own. Values are words, "quoted", [a, b], {name: value} or 12.50EUR; times are in UTC unless
they say otherwise, and what a line does not say stands in DEFAULTS.
"""

import json
import re
from typing import Any

from domain.events import EVENT_TYPES
from domain.handles import REFERENCES
from domain.identifiers import IDENTIFIER_TYPES

TOPICS = {data.NAME: topic for topic, data in EVENT_TYPES.items()}
DEFAULTS: dict[str, dict[str, Any]] = {
    "contact.started": {"channel": "voice", "direction": "inbound"},
    "contact.ivr_completed": {"choices": []},
    "contact.queued": {"queue": "service"},
    "contact.answered": {"agent_id": "a1", "wait_s": 0},
    "contact.transferred": {"kind": "blind"},
    "contact.information_provided": {"facts": []},
    "contact.information_requested": {"asked_by": "agent"},
    "contact.handoff_noted": {"note_id": "n1", "tried": [], "measured": [], "ruled_out": []},
    "contact.message_sent": {
        "message_id": "m1",
        "channel": "sms",
        "template": "status",
        "purpose": "status",
    },
    "contact.ended": {"ended_by": "customer", "resolution": "unresolved"},
    "issue.reported": {"category": "fault"},
    "issue.diagnosis_recorded": {"result": "untested"},
    "issue.resolved": {"resolution": "solved", "confirmed_by_customer": True},
    "issue.reopened": {"reason": "came_back"},
    "promise.made": {"what": "What was promised"},
    "promise.rescheduled": {"told_customer": True},
    "remedy.offered": {"kind": "interim", "what": "An interim solution"},
    "order.placed": {"items": [{"name": "goods", "quantity": 1}]},
    "payment.captured": {"method": "card", "amount": {"amount": "120.00", "currency": "USD"}},
    "deadline.recorded": {"reason": "needed"},
    "delivery.scanned": {"status": "in_transit"},
    "delivery.attempted": {"reason": "nobody_home"},
    "job.inspection_failed": {"component": "part", "defect": "defective"},
    "appointment.booked": {"service": "Service", "location_id": "main"},
    "visit.checked_in": {"location_id": "main"},
    "visit.service_performed": {"items": ["service"]},
    "visit.time_reported": {"claimed_by": "technician"},
    "registration.completed": {"location_id": "main", "facts": []},
    "policy.terms_disclosed": {"channel": "letter"},
    "coverage.eligibility_checked": {"purpose": "discovery", "result": "active"},
    "encounter.completed": {"condition_code": "J01", "provider_id": "pr1", "in_network": True},
    "claim.review_opened": {"reason": "third_encounter"},
    "claim.decided": {"outcome": "approved", "adjustments": []},
    "service.activated": {"product": "internet"},
    "identity.identifier_linked": {"method": "agent_confirmed"},
    "identity.identifier_unlinked": {"reason": "wrong"},
    "identity.customers_merged": {"actor": "a1", "reason": "same person"},
    "identity.customers_unmerged": {"actor": "a1", "reason": "other person"},
    "event.corrected": {"reason": "clock", "declared_by": "supervisor"},
    "event.retracted": {"reason": "mistake", "declared_by": "supervisor"},
    "calendar.defined": {
        "timezone": "America/New_York",
        "weekdays": [1, 2, 3, 4, 5],
        "opens": "09:00",
        "closes": "17:00",
        "closed_dates": [],
    },
}
SOURCE = "test"

_TOKEN = re.compile(r'(?:[^\s"\[{]|"[^"]*"|\[[^\]]*\]|\{[^}]*\})+')
_MONEY = re.compile(r"(-?\d+(?:\.\d+)?)([A-Z]{3})")
_INTEGERS = {"attempt_no", "occurrence_no", "due_business_days", "quantity", "score", "percent"}
_TRUTHS = {"confirmed_by_customer", "told_customer", "in_network"}
_TIMES = {"start", "end", "eta", "need_by", "due", "expected_by", "valid_to", "valid_from"}
_PEOPLE = {"a", "b", "survivor", "absorbed", "subject", "object"}
_KINDS = {kind: member for member, kind in reversed(REFERENCES.items())}
_OWN_IDS = {"claim": "claim_id", "calendar": "calendar_id", "erasure": "request_id"}


def cloud_event(line: str, *, id: str) -> dict[str, Any]:
    """Read one line of the notation as the JSON of a structured CloudEvent."""
    time, name, *tokens = _TOKEN.findall(line)
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": id,
        "source": SOURCE,
        "type": TOPICS[name],
        "time": moment(time),
        "data": json.loads(json.dumps(DEFAULTS.get(name, {}))),
    }
    for token in tokens:
        _take(event, token, family=name.partition(".")[0])
    return event


def moment(text: str) -> str:
    """Complete a time: a day is its first second, and without an offset it is UTC."""
    if "T" not in text:
        return f"{text}T00:00:00Z"
    day, _, clock = text.partition("T")
    found = re.fullmatch(r"(\d\d:\d\d)(:\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?", clock)
    assert found, text
    return f"{day}T{found[1]}{found[2] or ':00'}{found[3] or 'Z'}"


def identifier(text: str) -> dict[str, str]:
    """Read `type:value` or `type:value@issuer` as an identifier."""
    kind, _, value = text.partition(":")
    if kind in ("phone", "email") or "@" not in value:
        return {"type": kind, "value": value}
    value, _, issuer = value.rpartition("@")
    return {"type": kind, "value": value, "issuer": issuer}


def _take(event: dict[str, Any], token: str, *, family: str) -> None:
    data = event["data"]
    if token[0] in "#@":
        event["id" if token[0] == "#" else "source"] = token[1:]
    elif found := re.match(r"([a-z_0-9]+)=", token):
        data[found[1]] = _member(found[1], token[found.end() :])
    elif token.partition(":")[0] in IDENTIFIER_TYPES:
        data.setdefault("identifiers", []).append(identifier(token))
    elif token.partition(":")[0] in _KINDS:
        kind, _, value = token.partition(":")
        data[_KINDS[kind]] = value
    else:
        data[_OWN_IDS.get(family, f"{family}_id")] = token


def _member(name: str, text: str) -> Any:
    if name in _PEOPLE:
        return identifier(text)
    if name == "corrects":
        return {"source": SOURCE, "id": text.removeprefix("#")}
    if name == "fulfilled_when":
        parts = ("event", "ref", "direction")
        return dict(zip(parts, text.strip('"').split(), strict=False))
    if text[0] == "{":
        return _shaped(name, _object(text[1:-1]))
    if text[0] == "[":
        return [_word(name, word.strip()) for word in text[1:-1].split(",") if word.strip()]
    return _word(name, text)


def _object(text: str) -> dict[str, Any]:
    pairs = [pair.partition(": ") for pair in text.split(", ") if pair.strip()]
    return {name.strip(): _word(name.strip(), value.strip()) for name, _, value in pairs}


def _shaped(name: str, members: dict[str, Any]) -> Any:
    if name == "facts":
        return [{"field": field, "value": value} for field, value in members.items()]
    if name == "adjustments":
        return [{"reason": r, "percent": int(percent)} for r, percent in members.items()]
    return members


def _word(name: str, text: str) -> Any:
    if text.startswith('"'):
        return text.strip('"')
    if name in _TIMES or name.endswith("_at"):
        return moment(text)
    if name in _TRUTHS:
        return text == "true"
    if name in _INTEGERS or name.endswith("_s") or name == "weekdays":
        return int(text)
    if money := _MONEY.fullmatch(text):
        return {"amount": money[1], "currency": money[2]}
    return text
