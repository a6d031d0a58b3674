"""Where the views stand and who is parked, one line each."""

from collections.abc import Sequence
from uuid import UUID

from rich.console import Group, RenderableType
from rich.text import Text

from cli.render.sheet import BAD, GOOD, WARNING, columns
from domain.sentences.phrases import count
from projections.parking import Parked
from projections.progress import ViewStatus


def status_sheet(views: Sequence[ViewStatus], parked: Sequence[Parked]) -> RenderableType:
    """Return each view with its position and what it has not read, then who is parked and why."""
    head = views[0].head if views else 0
    rows = [(view.name, f"at {view.position}", _state(view)) for view in views]
    return Group(*columns(rows), Text(f"the log ends at {head}"), *_parked(parked))


def released_line(customer_id: UUID | None, *, is_released: bool) -> RenderableType:
    """Say what became of a customer who was to be released."""
    if customer_id is None:
        return Text("there is no such customer")
    if is_released:
        return Text(f"customer:{customer_id} is folded anew, and complete", GOOD)
    return Text(f"customer:{customer_id} failed again, and stays parked", BAD)


def _parked(parked: Sequence[Parked]) -> list[RenderableType]:
    if not parked:
        return []
    rows = [
        (
            Text(f"customer:{one.customer_id}", no_wrap=True),
            f"from position {one.position}",
            f"{one.view}: {one.error}, {count(one.attempts, 'attempt')}",
        )
        for one in parked
    ]
    said = Text(
        f"✖ {count(len(parked), 'customer')} parked; `toldonce projections release` ends it"
    )
    said.stylize(BAD)
    return [Text(), said, *columns(rows)]


def _state(view: ViewStatus) -> Text:
    if not view.is_ready:
        return Text("✖ missing or of another version", BAD)
    if view.lag:
        return Text(f"▲ {count(view.lag, 'event')} behind", WARNING)
    return Text("● up to date", GOOD)
