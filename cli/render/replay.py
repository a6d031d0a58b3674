"""A replay as text: each event with what it changed, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from audit.difference_words import in_words
from audit.differences import Change
from cli.render.sheet import BOLD, DIM, columns
from cli.replaying import Replayed, Shown
from domain.brief.shape import stamp
from domain.sentences.phrases import count, moment
from domain.sentences.words import clock, plain

INDENT_COLUMNS = 8


def replay_sheet(replayed: Replayed) -> RenderableType:
    """Return every step with its event and its changes."""
    if not replayed.steps:
        return Text("there is nothing to replay")
    parts = [part for shown in replayed.steps for part in _step(shown)]
    end = Text(f"{count(len(replayed.steps), 'step')} · as of {moment(replayed.as_of)}", DIM)
    more = [] if replayed.next_after is None else [Text(f"more with --after {replayed.next_after}")]
    return Group(*parts, Text(), end, *more)


def changes_sheet(changes: Iterable[Change]) -> RenderableType:
    """Return what differs, one sentence a line."""
    lines = [*_sentences(changes)]
    return Group(*lines) if lines else Text("nothing differs")


def _step(shown: Shown) -> Iterator[RenderableType]:
    event, step = shown.event, shown.step
    said = "others' events" if event is None else plain(event.sentence)
    at = "" if event is None else clock(stamp(event.occurred_at))
    place = Text(f"{step.position:>6}", DIM, no_wrap=True)
    yield from columns([(place, Text(at, DIM, no_wrap=True), Text(said, BOLD))])
    lines = [*_sentences(step.changes)]
    yield from lines or [_indented(Text("changes nothing that is shown", DIM))]


def _sentences(changes: Iterable[Change]) -> Iterator[RenderableType]:
    for change in changes:
        sentence = in_words(change)
        if sentence is not None:
            yield _indented(Text(plain(sentence)))


def _indented(text: Text) -> Padding:
    return Padding(text, (0, 0, 0, INDENT_COLUMNS))
