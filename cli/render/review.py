"""What waits for a person, each with who could be meant and the commands that decide it."""

from collections.abc import Iterator
from shlex import quote

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from cli.render.sheet import BOLD, DIM, WARNING, Flow, columns
from domain.handles import Handle
from domain.sentences.phrases import count, moment
from domain.sentences.words import plain, spaced
from projections.identity.review import MEANINGS, Choice, ReviewPage, Waiting

_VERBS = {"link": "link", "merge": "merge", "reject": "link --reject"}
_INDENT = 2
# More choices than these are in the JSON.
CHOICES_SHOWN_MAX = 4


def review_sheet(page: ReviewPage) -> RenderableType:
    """Return a page of what waits, and how much waits for each reason."""
    parts = [part for one in page.waiting for part in _waiting(one)]
    counts = [f"{reason} {number}" for reason, number in page.counts.items() if number]
    end = Flow("nothing waits" if not counts else "waiting: " + ", ".join(counts))
    go_on = [Text(f"more with --cursor {page.next}", DIM)] if page.next is not None else []
    return Group(*parts, end, Text(f"known at position {page.position}", DIM), *go_on)


def _waiting(one: Waiting) -> Iterator[RenderableType]:
    yield Text(f"{one.position}  {moment(one.occurred_at)}  ", BOLD).append(plain(one.sentence))
    lines: list[RenderableType] = [
        Text(f"{one.reason}: {MEANINGS[one.reason]}", WARNING),
        Flow(*(f"{spaced(handle.type)} {plain(handle.value)}" for handle in one.named)),
    ]
    if one.candidate_count:
        lines.append(Text(f"{count(one.candidate_count, 'customer')} could be meant:"))
        lines += columns(
            (Text(f"customer:{who.customer_id}", no_wrap=True), _named(who.known_by))
            for who in one.candidates
        )
    lines += [Text(_command(choice), DIM) for choice in one.choices[:CHOICES_SHOWN_MAX]]
    yield Padding(Group(*lines), (0, 0, 1, _INDENT))


def _command(choice: Choice) -> str:
    pair = f"{quote(plain(str(choice.one)))} {quote(plain(str(choice.other)))}"
    verb, _, option = _VERBS[choice.decision].partition(" ")
    return " ".join(part for part in ("toldonce", verb, pair, option, "--reason WHY") if part)


def _named(handle: Handle) -> Text:
    return Text(f"{spaced(handle.type)} {plain(handle.value)}")
