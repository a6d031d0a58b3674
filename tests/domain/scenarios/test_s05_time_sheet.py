"""S5: a time sheet against the cameras, and a camera whose clock was wrong."""

from domain.story.visits import ReportedTime, reported_times
from tests.given import Given, banner, codes, given

STORY = given(
    """
    2026-04-01T08:00 visit.checked_in V-1 account_no:3
    2026-04-01T17:00 visit.time_reported V-1 start=2026-04-01T08:00 end=2026-04-01T17:00 #sheet
    2026-04-01T18:00 visit.presence_observed V-1 observer=camera \
        start=2026-04-01T09:40 end=2026-04-01T14:10 #camera
    2026-04-01T18:00 visit.presence_observed V-1 observer=supervisor \
        start=2026-04-01T09:45 end=2026-04-01T14:00 #supervisor
    """
)
CORRECTED = STORY.also(
    """
    2026-04-03T09:00 event.corrected corrects=#camera data={visit_id: V-1, observer: camera, \
        start: 2026-04-01T08:40, end: 2026-04-01T13:10} account_no:3
    """
)


def time_at_visit(story: Given, known_at: int | None = None) -> ReportedTime:
    """Return the claimed time of the visit against what was observed."""
    (time,) = reported_times(story.story("2026-04-04", known_at).visits.by_id["V-1"])
    return time


def test_half_of_the_claimed_time_was_seen_by_nobody() -> None:
    """The union of all observers inside the claim is 270 of 540 minutes."""
    time = time_at_visit(STORY)
    assert (time.claimed_min, time.observed_union_min, time.unsupported_min) == (540, 270, 270)
    brief = STORY.then("2026-04-04")
    assert codes(brief) == ["EVIDENCE_CONFLICT"]
    conflict = banner(brief, "EVIDENCE_CONFLICT")
    assert conflict["text"] == (
        "Visit V-1: technician claimed 540 minutes, camera and supervisor observed 270 minutes, "
        "270 minutes unsupported."
    )
    assert [cited["id"] for cited in conflict["evidence"]] == ["sheet", "camera", "supervisor"]


def test_a_correction_replaces_what_was_observed_and_nothing_disappears() -> None:
    """After the correction 320 minutes are supported; all events are still there."""
    time = time_at_visit(CORRECTED)
    assert (time.claimed_min, time.observed_union_min, time.unsupported_min) == (540, 320, 220)
    brief = CORRECTED.then("2026-04-04")
    assert "220 minutes unsupported" in banner(brief, "EVIDENCE_CONFLICT")["text"]
    assert brief["events_considered"] == len(STORY.events) + 1


def test_what_was_known_before_the_correction_stays_known() -> None:
    """With known_at before the correction the visit reads 270 and 270."""
    time = time_at_visit(CORRECTED, known_at=len(STORY.events))
    assert (time.observed_union_min, time.unsupported_min) == (270, 270)


def test_a_claim_that_nobody_could_observe_is_no_conflict() -> None:
    """Without observers there is nothing that a claim contradicts."""
    brief = given(
        "2026-04-01T17:00 visit.time_reported V-1 start=2026-04-01T08:00 end=2026-04-01T17:00"
    ).then("2026-04-04")
    assert brief["banners"] == []
