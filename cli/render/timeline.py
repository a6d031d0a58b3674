"""A timeline under the days on which things happened, and what a search found."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from cli.render.sheet import BAD, BOLD, DIM, WARNING, Cell, columns
from domain.sentences.phrases import count, day
from domain.sentences.words import incomplete, plain, spaced
from projections.identity.queries import Found
from projections.queries import Hits
from projections.search import Hit
from projections.timeline.pages import TimelinePage, TimelineRow


def timeline_sheet(found: Found, page: TimelinePage) -> RenderableType:
    """Return a page of a timeline, or why there is none."""
    if page.customer_id is None:
        return _nobody(found, page)
    end = f"{count(len(page.rows), 'event')} · known at position {page.position}"
    # Whole on its line however long: it is there to be copied.
    go_on = Text(f"more with --cursor {page.next}", DIM, no_wrap=True, overflow="ignore")
    more = [go_on] if page.next else []
    since = None if page.incomplete_since is None else page.incomplete_since.isoformat()
    said = Text(end, DIM).append(incomplete(since), BAD)
    return Group(*_days(page), Text(), said, *more)


def hits_sheet(hits: Hits) -> RenderableType:
    """Return each customer that a search found, and by what."""
    if not hits.hits:
        return Text("nobody found")
    return Group(*columns(_hit(hit) for hit in hits.hits))


def _days(page: TimelinePage) -> Iterator[RenderableType]:
    rows: list[tuple[Cell, ...]] = []
    shown = ""
    for row in page.rows:
        if day(row.occurred_at) != shown:
            yield from columns(rows)
            rows = []
            shown = day(row.occurred_at)
            yield Text(shown, BOLD)
        rows.append(_row(row))
    yield from columns(rows)


def _row(row: TimelineRow) -> tuple[Cell, ...]:
    at = f"  {row.occurred_at:%H:%M:%S}" if row.occurred_at.second else f"  {row.occurred_at:%H:%M}"
    said = Text(plain(row.sentence))
    if row.is_late:
        said.append(f" (came late, recorded {day(row.recorded_at)})", WARNING)
    if row.visibility == "internal":
        said.append(" (internal)", DIM)
    return Text(at, DIM), said


def _hit(hit: Hit) -> tuple[Cell, ...]:
    who = f"customer:{hit.customer_id}" if hit.customer_id else "several customers, or nobody yet"
    by = f"{spaced(hit.by.type)} {plain(hit.by.value)}" if hit.by else "name"
    return Text(who, no_wrap=True), Text(plain(hit.name or ""), BOLD), Text(by)


def _nobody(found: Found, page: TimelinePage) -> RenderableType:
    match = found.match
    asked = " or ".join(f"{spaced(handle.type)} {plain(handle.value)}" for handle in match.by)
    if match.level == "maybe":
        return Text(
            f"{count(match.candidates, 'customer')} could be behind {asked}:"
            " nothing is shown until you know which one it is."
        )
    if found.customer_id is not None:
        return Text(f"At position {page.position} nobody was known for sure by {asked}.")
    return Text(f"Nobody is known by {asked or 'that'}.")
