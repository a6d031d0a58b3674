"""S17: a very long story stays whole and quick: 10,000 events in 17 years."""

from domain.brief import brief, canonical_json
from domain.story import dump, load
from tests.domain.scenarios.long_story import EVENTS, long_story
from tests.given import CUSTOMER, at, given
from tests.pace import paced

STORY = given(long_story())
NOW = "2025-12-31"
BRIEF_S_MAX = 0.050
BRIEFS = 20
SAVED_BYTES_MAX = 100 * EVENTS  # what is kept of an event is far less than the event


def test_all_ten_thousand_events_are_considered_and_none_is_hidden() -> None:
    """The brief rests on every event of the story."""
    document = STORY.then(NOW)
    assert (document["events_considered"], document["events_hidden"]) == (EVENTS, 0)
    assert document["who"]["tenure_years"] == 16
    assert document["who"]["segments"] == ["permanent_client"]


def test_the_brief_is_made_from_the_saved_story_within_fifty_milliseconds() -> None:
    """Reading the saved story and making the brief takes that much of a processor at most."""
    story, who = STORY.story(NOW), STORY.match(NOW)
    saved = dump(story)
    expected = canonical_json(STORY.then(NOW))
    document, taken_s = paced(
        lambda: brief(load(saved), as_of=at(NOW), known_at=EVENTS, who=who, customer_id=CUSTOMER),
        BRIEFS,
    )
    assert canonical_json(document) == expected
    assert taken_s <= BRIEF_S_MAX


def test_the_saved_story_stays_modest() -> None:
    """Contacts that no brief can show any more have been forgotten but for their direction."""
    story = STORY.story(NOW)
    assert len(dump(story)) <= SAVED_BYTES_MAX
    assert len(story.contacts.live) < 100
    assert len(story.contacts.live) + len(story.contacts.past) == 800
