"""How contacts read."""

from domain.events import (
    ContactAnswered,
    ContactEnded,
    ContactHandoffNoted,
    ContactHeld,
    ContactInformationProvided,
    ContactInformationRequested,
    ContactIvrCompleted,
    ContactMessageSent,
    ContactQueued,
    ContactStarted,
    ContactTransferred,
)
from domain.sentences.phrases import coded, duration, listed, spoken
from domain.sentences.template import Templates, about, because, told, with_

_STARTED = {
    ("voice", "inbound"): "Called",
    ("voice", "outbound"): "We called",
    ("sms", "inbound"): "Sent a text message",
    ("sms", "outbound"): "We sent a text message",
    ("email", "inbound"): "Wrote an e-mail",
    ("email", "outbound"): "We wrote an e-mail",
    ("chat", "inbound"): "Opened a chat",
    ("chat", "outbound"): "We opened a chat",
    ("letter", "inbound"): "Wrote a letter",
    ("letter", "outbound"): "We wrote a letter",
    ("walk_in", "inbound"): "Came in",
    ("walk_in", "outbound"): "We came by",
    ("portal", "inbound"): "Wrote through the portal",
    ("portal", "outbound"): "We wrote through the portal",
}
_ASKED = {
    "agent": "An agent asked for",
    "form": "A form asked for",
    "ivr": "The menu asked for",
    "customer": "The customer asked for",
}


def _started(data: ContactStarted) -> str:
    said = _STARTED[data.channel, data.direction]
    after = with_(", following contact", data.previous_contact_id)
    return f"{said}{with_(' from', data.from_)}{with_(' to', data.to)}{about(data)}{after}" + (
        because(data.purpose)
    )


def _ivr_completed(data: ContactIvrCompleted) -> str:
    choices = f", choosing {listed(data.choices)}" if data.choices else ""
    return f"Went through the menu in {duration(data.duration_s)}{choices}{because(data.outcome)}"


def _queued(data: ContactQueued) -> str:
    return f"Was put into the queue {data.queue}"


def _answered(data: ContactAnswered) -> str:
    waited = f"after {duration(data.wait_s)}" if data.wait_s else "at once"
    return f"Was put through to {data.agent_id} {waited}"


def _held(data: ContactHeld) -> str:
    return f"Was put on hold for {duration(data.hold_s)}"


def _transferred(data: ContactTransferred) -> str:
    agent = with_(" to", data.to_agent_id)
    queue = with_(" in the queue" if agent else " to the queue", data.to_queue)
    note = f"with note {data.note_id}" if data.note_id else "naming no note"
    return f"Was transferred{agent}{queue} ({data.kind}, {note})"


def _information_provided(data: ContactInformationProvided) -> str:
    said = f"Told us {told(data.facts)}" if data.facts else "Gave information"
    return f"{said}{about(data)}"


def _information_requested(data: ContactInformationRequested) -> str:
    return f"{_ASKED[data.asked_by]} {listed(map(spoken, data.fields))}"


def _handoff_noted(data: ContactHandoffNoted) -> str:
    parts = [
        f"tried {listed(data.tried)}",
        f"measured {listed(data.measured)}",
        f"ruled out {listed(data.ruled_out)}",
    ]
    following = [f"next: {data.next_step}"] if data.next_step else []
    return f"Note {data.note_id} for whoever takes over: {'; '.join(parts + following)}"


def _message_sent(data: ContactMessageSent) -> str:
    status = f", {coded(data.delivery_status)}" if data.delivery_status else ""
    how = f"{coded(data.purpose)}{status}"
    return f"We sent the message {data.template} by {coded(data.channel)} ({how})"


def _ended(data: ContactEnded) -> str:
    talk = f" after {duration(data.talk_s)} of talk" if data.talk_s is not None else ""
    return f"Ended by the {data.ended_by}{talk}: {spoken(data.resolution)}"


TEMPLATES: Templates = {
    ContactStarted: _started,
    ContactIvrCompleted: _ivr_completed,
    ContactQueued: _queued,
    ContactAnswered: _answered,
    ContactHeld: _held,
    ContactTransferred: _transferred,
    ContactInformationProvided: _information_provided,
    ContactInformationRequested: _information_requested,
    ContactHandoffNoted: _handoff_noted,
    ContactMessageSent: _message_sent,
    ContactEnded: _ended,
}
