"""S1: nine calls in five days, and the tenth begins."""

from tests.given import banner, codes, given, the

CALLS = (
    "2009-11-27T09:10",
    "2009-11-27T17:45",
    "2009-11-28T10:05",
    "2009-11-28T18:30",
    "2009-11-29T11:00",
    "2009-11-30T09:20",
    "2009-11-30T16:40",
    "2009-12-01T08:15",
    "2009-12-01T10:30",
)
TOLD = "{account_no: 7731, service_address: 12 Elm Street, modem_serial: M-4471, symptom: no line}"


def minutes_after(start: str, minutes: int) -> str:
    """Return the time some minutes after a time of the same hour or the next."""
    day, clock = start.split("T")
    hour, minute = divmod(int(clock[:2]) * 60 + int(clock[3:]) + minutes, 60)
    return f"{day}T{hour:02}:{minute:02}"


def call(number: int, start: str) -> str:
    """Tell one of the nine calls."""
    return f"""
    {start} contact.started c{number} phone:+17175550142
    {minutes_after(start, 1)} contact.answered c{number} agent_id=a{number} wait_s=60
    {minutes_after(start, 3)} contact.information_provided c{number} issue:I-1 facts={TOLD}
    {minutes_after(start, 20)} contact.ended c{number} ended_by=customer resolution=unresolved
    """


STORY = given(
    """
    1992-12-01 registration.completed phone:+17175550142 account_no:7731
    2009-11-24T09:00 service.activated S-1 account_no:7731
    2009-11-24T09:05 service.measured S-1 metric=download_kbps value=38
    2009-11-27T09:12 issue.reported I-1 contact:c1 category=no_internet
    """,
    *(call(number, start) for number, start in enumerate(CALLS, 1)),
    "2009-12-01T13:00 contact.started c10 phone:+17175550142",
)


def test_the_tenth_call_finds_everything_that_was_told_nine_times() -> None:
    """The brief at the moment the tenth call rings holds exactly the numbers of the contract."""
    brief = STORY.then("2009-12-01T13:00")
    assert brief["who"]["match"]["level"] == "known"
    assert brief["who"]["tenure_years"] == 17
    issue = the(brief, "issues", issue_id="I-1")
    assert (issue["told_count"], issue["our_actions"], issue["state"]) == (9, 0, "open")
    assert [i["state"] for i in brief["issues"]] == ["open"]
    metrics = brief["metrics"]
    assert metrics["contacts_5d"] == 9
    assert metrics["repeat_contacts"] == 8
    assert metrics["distinct_agents"] == 9
    assert metrics["redundant_questions"] == 0


def test_the_four_fields_that_were_told_are_not_asked_again() -> None:
    """Whatever the customer told in the nine calls stands in do_not_ask with its origin."""
    brief = STORY.then("2009-12-01T13:00")
    told = {"account_no", "service_address", "modem_serial", "symptom"}
    assert told <= set(brief["do_not_ask"])
    assert brief["known"]["symptom"]["value"] == "no line"
    assert all(brief["known"][field]["evidence"] for field in told)


def test_nine_times_told_is_a_critical_banner_and_the_headline() -> None:
    """REPEAT_CONTACT is critical and cites each of the nine tellings, the report first."""
    brief = STORY.then("2009-12-01T13:00")
    assert codes(brief) == ["REPEAT_CONTACT"]
    repeat = banner(brief, "REPEAT_CONTACT")
    assert repeat["severity"] == "critical"
    assert brief["headline"] == repeat["text"]
    assert "Told 9 times and still open: no internet (I-1)" in repeat["text"]
    assert len(repeat["evidence"]) == 9


def test_asking_for_the_account_number_again_is_a_redundant_question() -> None:
    """A question for something known counts at once, in the call that is still going on."""
    asked = STORY.also("2009-12-01T13:02 contact.information_requested c10 fields=[account_no]")
    brief = asked.then("2009-12-01T13:02")
    assert brief["metrics"]["redundant_questions"] == 1
    assert brief["metrics"]["contacts_5d"] == 9
