"""One valid example of each type of event, for the schemas and for whoever reads them.

Promise: an example has every member that its type adds, and `decode` takes it.
"""

from typing import Any, get_args

from pydantic.fields import FieldInfo

from domain.events import EVENT_TYPES, EventData

_ACCOUNT = {"type": "account_no", "value": "7731"}
_PHONE = {"type": "phone", "value": "+17175550142"}
_MONEY = {"amount": "12.50", "currency": "EUR"}
_TIME = "2026-03-02T10:00:00Z"
_LATER = "2026-03-06T17:00:00Z"

_MEMBERS: dict[str, Any] = {
    "a": _ACCOUNT,
    "about": "the repair",
    "absorbed": _PHONE,
    "actor": "supervisor s-2",
    "adjustments": [{"reason": "no_preauthorization", "percent": -20}],
    "advice": "brake pads in 10 000 km",
    "agent_id": "a-77",
    "amount": _MONEY,
    "appointment_id": "A-1",
    "attempt_no": 2,
    "b": _PHONE,
    "basis": "contract",
    "blames": "vendor_b",
    "by": "vendor_a",
    "by_promise_id": "P-13",
    "calendar_id": "cal-1",
    "carrier": "a carrier",
    "carrier_ref": "INV-5",
    "category": "not_arrived",
    "channel": "email",
    "charge": {"amount": "0.00", "currency": "EUR"},
    "choices": ["2", "1"],
    "claim_id": "CL-1",
    "claimed_by": "vendor_a",
    "closed_dates": ["2026-04-03", "2026-04-06"],
    "closes": "17:00",
    "comment": "quick and kind",
    "complaint_id": "CO-1",
    "completion_promise_id": "P-13",
    "component": "OD",
    "condition": "unopened",
    "condition_code": "J01",
    "confirmed_by_customer": True,
    "contact_id": "c-1",
    "corrects": {"source": "urn:example:cameras", "id": "e-1"},
    "data": {"visit_id": "V-1", "start": _TIME, "end": _LATER, "observer": "camera"},
    "declared_by": "supervisor s-2",
    "defect": "scratched",
    "delivery_id": "D-1",
    "delivery_status": "sent",
    "description": "lenses",
    "due": _LATER,
    "due_at": _LATER,
    "duration_s": 60,
    "encounter_id": "E-1",
    "end": _LATER,
    "eta": _LATER,
    "evidence_sha256": "0" * 64,
    "expected_by": _LATER,
    "facts": [{"field": "account_no", "value": "7731"}],
    "fields": ["account_no"],
    "for_what": "the late delivery",
    "from_": "+17175550142",
    "fulfilled_when": {"event": "delivery.completed", "ref": "order:O-2"},
    "granted_to": "the customer",
    "hold_s": 30,
    "hypothesis": "misconfigured",
    "in_network": True,
    "invoice_id": "INV-1",
    "issue_id": "I-1",
    "items": ["oil change"],
    "job_id": "J-1",
    "limits": "indoors only",
    "location": "the depot",
    "location_id": "L-1",
    "made_by": "agent a-77",
    "measured": ["38 kbit/s"],
    "member_id": "M-88",
    "merge_id": "m-1",
    "message_id": "msg-1",
    "method": "card",
    "metric": "download_kbps",
    "need_by": _LATER,
    "next_step": "replace the modem",
    "note_id": "n-1",
    "object": _PHONE,
    "occurrence_no": 3,
    "opens": "09:00",
    "order_id": "O-2",
    "outcome": "done",
    "owner": "agent a-77",
    "payer": "an insurer",
    "payment_id": "PAY-1",
    "percent": 10,
    "policy_id": "POL-1",
    "practitioner_id": "dr-1",
    "preauthorization_id": "PRE-1",
    "previous_contact_id": "c-0",
    "product": "the small plan",
    "promise_id": "P-2",
    "proof": "signed for",
    "provider_id": "prov-1",
    "purpose": "support",
    "queue": "support",
    "reason": "the customer asked",
    "remedy_id": "R-1",
    "replaces_delivery_id": "D-0",
    "request_id": "req-1",
    "resolution": "replaced",
    "result": "active",
    "ruled_out": ["the cable"],
    "scale": "0-10",
    "scope": "brief",
    "score": 9,
    "service": "inspection",
    "service_id": "S-1",
    "start": _TIME,
    "status_code": "OT",
    "subject": _ACCOUNT,
    "survivor": _ACCOUNT,
    "symptom": "no connection",
    "talk_s": 1200,
    "template": "delay",
    "terms": ["no_preauthorization"],
    "test": "swapped the cable",
    "timezone": "America/New_York",
    "to": "+18005550100",
    "to_agent_id": "a-78",
    "to_queue": "repairs",
    "told_customer": True,
    "total": _MONEY,
    "tracking_number": "1Z-999",
    "tried": ["a restart"],
    "unit": "kbit/s",
    "valid_from": _TIME,
    "valid_to": "2026-09-30T23:59:59Z",
    "value": 38,
    "viewer": "agent a-77",
    "visit_id": "V-1",
    "wait_s": 33,
    "wanted": "a refund",
    "weekdays": [1, 2, 3, 4, 5],
    "what": "the software by courier",
}
_OF_TYPE: dict[str, dict[str, Any]] = {
    "order.placed": {"items": [{"name": "software", "quantity": 1, "price": _MONEY}]}
}
_ALTERNATIVES = frozenset({"due_within", "due_business_days"})
_OF_ALTERNATIVES = {"promise.made": frozenset({"calendar_id"})}
_COMMON = frozenset(EventData.model_fields)


def example(topic: str) -> dict[str, Any]:
    """Return one structured CloudEvent of a type."""
    shape = EVENT_TYPES[topic]
    return {
        "specversion": "1.0",
        "id": "e-1",
        "source": "urn:example:publisher",
        "type": topic,
        "time": _TIME,
        "data": _data(shape),
    }


def _data(shape: type[EventData]) -> dict[str, Any]:
    omitted = _ALTERNATIVES | _OF_ALTERNATIVES.get(shape.NAME, frozenset())
    given = _OF_TYPE.get(shape.NAME, {})
    data = {
        field.alias or name: given.get(name, _value(name, field))
        for name, field in shape.model_fields.items()
        if name not in omitted and (field.is_required() or name not in _COMMON)
    }
    if shape.NAME.startswith("delivery."):
        data.setdefault("delivery_id", _MEMBERS["delivery_id"])
    return data


def _value(name: str, field: FieldInfo) -> Any:
    return field.examples[0] if field.examples else _choice(field) or _MEMBERS[name]


def _choice(field: FieldInfo) -> Any:
    choices = get_args(field.annotation)
    return choices[0] if choices and isinstance(choices[0], str) else None
