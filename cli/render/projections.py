"""Where the views stand, one line each."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from cli.render.sheet import BAD, GOOD, WARNING, columns
from domain.sentences.phrases import count
from projections.progress import ViewStatus


def status_sheet(views: Sequence[ViewStatus]) -> RenderableType:
    """Return each view with its position and what it has not read."""
    head = views[0].head if views else 0
    rows = [(view.name, f"at {view.position}", _state(view)) for view in views]
    return Group(*columns(rows), Text(f"the log ends at {head}"))


def _state(view: ViewStatus) -> Text:
    if not view.is_ready:
        return Text("✖ missing or of another version", BAD)
    if view.lag:
        return Text(f"▲ {count(view.lag, 'event')} behind", WARNING)
    return Text("● up to date", GOOD)
