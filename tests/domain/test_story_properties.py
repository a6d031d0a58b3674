"""What holds for every story, whatever happened in it and however it arrived."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.brief import brief, canonical_json
from domain.event import Event, order_key
from domain.events import CalendarDefined
from domain.story import News, Story, apply, dump, fold, load, load_whole, new_story, take_news
from tests.domain.arbitrary import DAYS, START, TOPICS_AND_CORRECTIONS, contacts, events
from tests.given import known_customer

END = START + timedelta(days=DAYS)


def the_brief(story: Story, told: list[Event]) -> bytes:
    """Return the bytes of the brief at the end of a story."""
    who = known_customer(sorted(told, key=order_key))
    return canonical_json(brief(story, as_of=END, known_at=1, who=who, customer_id=None))


@given(told=events(), batch=st.integers(1, 20))
def test_any_split_into_batches_with_saving_between_gives_the_fold(
    told: list[Event], batch: int
) -> None:
    """Applying in batches, saved and read back between them, is the fold of everything."""
    ordered = sorted(told, key=order_key)
    story = new_story()
    for first in range(0, len(ordered), batch):
        story = load(dump(story))
        for event in ordered[first : first + batch]:
            apply(story, event)
    assert dump(story) == dump(fold(told))


@given(told=events(TOPICS_AND_CORRECTIONS), data=st.data())
def test_any_order_of_arrival_gives_the_same_brief(told: list[Event], data: Any) -> None:
    """With distinct times the order in which events arrive changes nothing."""
    arrived = data.draw(st.permutations(told))
    kept = [event._replace(position=n) for n, event in enumerate(arrived, 1)]
    assert the_brief(fold(kept), told) == the_brief(fold(told), told)


@given(told=events(TOPICS_AND_CORRECTIONS))
def test_a_saved_story_is_the_story(told: list[Event]) -> None:
    """Reading back what was saved gives the same bytes and the same brief."""
    story = fold(told)
    again = load(dump(story))
    assert dump(again) == dump(story)
    assert the_brief(again, told) == the_brief(story, told)
    assert the_brief(load_whole(dump(story)), told) == the_brief(story, told)


@given(told=events(TOPICS_AND_CORRECTIONS))
def test_every_event_is_counted_whatever_becomes_of_it(told: list[Event]) -> None:
    """Corrected, retracted or without effect: all but calendars are the customer's events."""
    counted = [e for e in told if not isinstance(e.data, CalendarDefined)]
    story = fold(told)
    assert story.events_considered == len(counted)
    assert story.last_key == max(map(order_key, counted), default=None)


@given(told=contacts())
def test_forgetting_old_contacts_changes_no_brief(told: list[Event]) -> None:
    """However eagerly old contacts are forgotten, the brief stays what it was."""
    eager, never = new_story(), new_story()
    never.contacts.forget_at = 1_000_000
    for event in sorted(told, key=order_key):
        eager.contacts.forget_at = 0
        apply(eager, event)
        apply(never, event)
    assert the_brief(eager, told) == the_brief(never, told)


@given(told=events(), batch=st.integers(1, 20))
def test_news_of_batches_add_up_to_those_of_the_fold(told: list[Event], batch: int) -> None:
    """Each mention, transfer and question is told once, each contact as it came to be."""
    ordered = sorted(told, key=order_key)
    story, taken = new_story(), News()
    for first in range(0, len(ordered), batch):
        story = load(dump(story))
        for event in ordered[first : first + batch]:
            apply(story, event)
        news = take_news(story)
        taken.contacts |= news.contacts
        for mention in news.mentions.values():
            taken.mention(mention)
        taken.transfers += news.transfers
        taken.questions += news.questions
        taken.promises |= news.promises
        taken.lapsed |= news.lapsed
    folded = fold(told)
    assert take_news(folded) == taken
    assert len(taken.questions) == folded.facts.redundant_questions
    assert take_news(folded) == News()
