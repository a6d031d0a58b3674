"""S10: the car service: a permanent client, advice for next time, and a call that was promised."""

from tests.given import codes, given, the

YEARS = range(2020, 2026)
STORY = given(
    *(
        f"""
        {year}-03-05T09:00 visit.checked_in V-{year} loyalty_card:C-1
        {year}-03-05T11:00 visit.checked_out V-{year}
        """
        for year in YEARS
    ),
    """
    2026-02-20T10:00 appointment.booked A-1 service="Yearly service" location_id=workshop \
        start=2026-03-10T09:00 loyalty_card:C-1
    2026-03-09T09:00 contact.message_sent purpose=reminder loyalty_card:C-1
    2026-03-10T08:55 visit.checked_in V-7 appointment:A-1 location_id=workshop
    """,
)
ADVISED = STORY.also(
    """
    2026-03-10T11:00 visit.advice_given V-7 advice="Brake pads in 10 000 km"
    2026-03-10T11:05 promise.made P-30 what="A call about the brake pads" \
        due_at=2026-03-11T17:00 \
        fulfilled_when="contact.started loyalty_card:C-1 outbound"
    2026-03-10T11:10 visit.checked_out V-7
    2026-03-10T16:00 contact.started c0 loyalty_card:C-1
    """
)
CALLED = ADVISED.also("2026-03-11T11:00 contact.started c1 loyalty_card:C-1 direction=outbound")


def test_a_permanent_client_is_known_at_the_door_with_the_appointment_first() -> None:
    """Six completed visits make a permanent client; the appointment is what comes next."""
    brief = STORY.then("2026-03-10T08:55")
    assert brief["who"]["segments"] == ["permanent_client"]
    assert brief["upcoming"][0] == {
        "kind": "appointment",
        "at": "2026-03-10T09:00:00Z",
        "text": "Yearly service at workshop on 10 March 2026, 09:00 UTC.",
        "ref": "appointment:A-1",
    }
    assert brief["headline"] == brief["upcoming"][0]["text"]


def test_a_promised_call_is_kept_by_calling_and_not_by_being_called() -> None:
    """Only the outbound contact fulfils the promise."""
    assert the(ADVISED.then("2026-03-10T18:00"), "promises", promise_id="P-30")["state"] == (
        "due_soon"
    )
    kept = the(CALLED.then("2026-03-11T11:00"), "promises", promise_id="P-30")
    assert (kept["state"], kept["overdue_s"]) == ("kept", 0)


def test_without_the_call_the_promise_is_broken_on_the_second_it_falls_due() -> None:
    """The state follows from the time alone: with or without promise.lapsed it is the same."""
    before = the(ADVISED.then("2026-03-11T16:59:59"), "promises", promise_id="P-30")
    assert before["state"] == "due_soon"
    lapsed = ADVISED.also("2026-03-11T17:00:00 promise.lapsed P-30 due_at=2026-03-11T17:00:00")
    for story in (ADVISED, lapsed):
        brief = story.then("2026-03-11T17:00:00")
        assert the(brief, "promises", promise_id="P-30")["state"] == "broken"
        assert codes(brief) == ["PROMISE_BROKEN"]


def test_the_next_visit_begins_with_the_advice() -> None:
    """Advice of the last visit stands in the brief when the next one is checked in."""
    brief = CALLED.also(
        "2027-03-12T09:00 visit.checked_in V-8 loyalty_card:C-1 location_id=workshop"
    ).then("2027-03-12T09:00")
    assert brief["upcoming"] == [
        {
            "kind": "advice",
            "at": None,
            "text": "Advised on 10 March 2026, 11:00 UTC: Brake pads in 10 000 km.",
            "ref": "visit:V-7",
        }
    ]


def test_advice_of_the_visit_before_the_last_is_shown_only_until_it_is_due() -> None:
    """Older advice stays as long as its due date lies ahead."""
    story = given(
        """
        2026-01-10T09:00 visit.checked_in V-1 loyalty_card:C-1
        2026-01-10T10:00 visit.advice_given V-1 advice=tyres due=2026-06-01
        2026-01-10T10:01 visit.advice_given V-1 advice=wipers
        2026-01-10T11:00 visit.checked_out V-1
        2026-02-10T09:00 visit.checked_in V-2 loyalty_card:C-1
        2026-02-10T11:00 visit.checked_out V-2
        """
    )
    shown = [a["text"] for a in story.then("2026-03-01")["upcoming"]]
    assert shown == ["Advised on 10 January 2026, 10:00 UTC by 1 June 2026, 00:00 UTC: tyres."]
    assert story.then("2026-06-02")["upcoming"] == []
