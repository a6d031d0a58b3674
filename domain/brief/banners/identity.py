"""Doubts about who this is."""

from collections.abc import Iterator
from datetime import timedelta

from domain.brief.banners.banner import Banner
from domain.brief.reading import Reading
from domain.sentences.phrases import count, listed, moment, spoken

REVERSED_SHOWN = timedelta(days=30)


def match_uncertain(reading: Reading) -> Iterator[Banner]:
    """Say how many people it may be, and nothing about any of them."""
    match = reading.match
    if match.level == "maybe":
        by = f" by {listed(dict.fromkeys(spoken(h.type) for h in match.by))}" if match.by else ""
        text = (
            f"This may be any of {count(match.candidates, 'customer')}{by}: "
            "confirm who it is before anything personal is shown."
        )
        yield Banner("MATCH_UNCERTAIN", "warning", text, ())


def merge_reversed(reading: Reading) -> Iterator[Banner]:
    """Say that the record was merged with somebody else's and separated again."""
    for merge_id, cite in reading.story.unmerged.items():
        if reading.as_of - cite.at <= REVERSED_SHOWN:
            text = f"Merge {merge_id} with another customer was undone on {moment(cite.at)}."
            yield Banner("MERGE_REVERSED", "info", text, (cite,))
