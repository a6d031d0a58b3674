"""S15: a hand-over with a note, and one without."""

from tests.given import given, the

CALL = """
    2026-03-01T10:00 contact.started c1 account_no:15
    2026-03-01T10:01 contact.answered c1 agent_id=a1 wait_s=60
"""
NOTE = (
    "2026-03-01T10:09 contact.handoff_noted c1 note_id=n1 tried=[restarted the modem] "
    'measured=[38 kbps down, 12 dB noise] ruled_out=[in-house wiring] next_step="send a technician"'
)
TRANSFER = """
    2026-03-01T10:10 contact.transferred c1 kind=consultation to_queue=technicians
    2026-03-01T10:12 contact.answered c1 agent_id=a2 wait_s=120
"""


def test_the_next_brief_shows_the_note_verbatim() -> None:
    """Whoever takes over sees what was tried, measured and ruled out, within the same call."""
    brief = given(CALL, NOTE, TRANSFER).then("2026-03-01T10:12")
    contact = the(brief, "last_contacts", contact_id="c1")
    assert contact["handoff_notes"] == [
        {
            "note_id": "n1",
            "tried": ["restarted the modem"],
            "measured": ["38 kbps down", "12 dB noise"],
            "ruled_out": ["in-house wiring"],
            "next_step": "send a technician",
        }
    ]
    assert contact["agents"] == ["a1", "a2"]
    assert brief["metrics"]["handoffs_without_note"] == 0


def test_a_transfer_without_a_note_is_counted() -> None:
    """The customer had to tell it again."""
    brief = given(CALL, TRANSFER).then("2026-03-01T10:12")
    assert brief["metrics"]["handoffs_without_note"] == 1
    assert the(brief, "last_contacts", contact_id="c1")["handoff_notes"] == []
