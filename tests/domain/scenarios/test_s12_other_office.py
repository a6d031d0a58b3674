"""S12: the same doctor, the other office, and no second clipboard."""

from tests.given import given

STORY = given(
    """
    2024-05-10T10:00 registration.completed location_id=A customer_id:PT-1 facts={name: Ada Park, \
        date_of_birth: 1970-01-01, address: 1 Main Street, insurer: Acme, member_id: M-1, \
        allergies: penicillin}
    2024-05-10T10:05 contact.information_requested visit-1 asked_by=form \
        fields=[name, date_of_birth, insurer, allergies] customer_id:PT-1
    2026-02-02T09:00 visit.checked_in V-2 location_id=B customer_id:PT-1
    """
)


def test_the_other_office_confirms_and_does_not_ask() -> None:
    """What never changes is not asked, what may have changed is confirmed, nothing is missing."""
    brief = STORY.then("2026-02-02T09:00")
    assert brief["missing"] == []
    assert {"name", "date_of_birth"} <= set(brief["do_not_ask"])
    assert {"address", "insurer", "member_id", "allergies"} <= set(brief["confirm"])
    assert not set(brief["confirm"]) & set(brief["do_not_ask"])
    assert brief["who"]["name"] == "Ada Park"


def test_every_value_names_the_office_where_it_was_given() -> None:
    """The registration's location and time stand beside each value."""
    known = STORY.then("2026-02-02T09:00")["known"]
    told = {"name", "date_of_birth", "address", "insurer", "member_id", "allergies"}
    assert {known[field]["location_id"] for field in told} == {"A"}
    assert known["allergies"] == {
        "value": "penicillin",
        "observed_at": "2024-05-10T10:00:00Z",
        "location_id": "A",
        "verified": False,
        "evidence": [{"source": "test", "id": "e1"}],
    }


def test_a_volatile_field_is_confirmed_only_after_365_days() -> None:
    """On the day itself it is still known; a second later it wants confirming."""
    assert "address" in STORY.then("2025-05-10T10:00:00")["do_not_ask"]
    assert "address" in STORY.then("2025-05-10T10:00:01")["confirm"]


def test_what_was_asked_and_never_told_is_missing() -> None:
    """A field that anybody asked for is missing until there is a value."""
    asked = STORY.also(
        "2026-02-02T09:05 contact.information_requested visit-2 asked_by=form fields=[medications]"
    )
    assert asked.then("2026-02-02T09:06")["missing"] == ["medications"]
    told = asked.also(
        "2026-02-02T09:07 contact.information_provided visit-2 facts={medications: none}"
    )
    assert told.then("2026-02-02T09:08")["missing"] == []
