"""The demo as it is told: each story in a sentence, then its briefs when it mattered."""

from collections.abc import Mapping
from pathlib import Path
from shlex import quote
from typing import Any
from urllib.parse import quote as quote_url

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.text import Text

from cli.render.brief import brief_sheet
from cli.render.sheet import BOLD, DIM
from cli.render.tallies import tally_line
from cli.stories import Moment, Story
from domain.brief.shape import stamp
from domain.sentences.phrases import moment


def story_sheet(number: int, story: Story) -> RenderableType:
    """Return a story's title and what happened."""
    return Group(
        Rule(style=DIM), Text(f"{number}  {story.title}", BOLD), Text(story.sentence), Text()
    )


def moment_sheet(at: Moment, brief: Mapping[str, Any]) -> RenderableType:
    """Return a moment, what to see in it, and the brief of that moment."""
    return Group(
        Text(f"▸ {moment(at.as_of)}: {at.sentence}", "cyan"), Text(), brief_sheet(brief), Text()
    )


def summary_line(number: int, tally: Mapping[str, int], *, took_s: float) -> RenderableType:
    """Return what was imported, and how long all of it took."""
    told = Text(f"{number} stories: ").append(tally_line(tally)).append(f" · {took_s:.1f} s")
    return Group(Rule(style=DIM), told)


def invitation(story: Story, url: str, *, home: Path) -> RenderableType:
    """Return what to try while it is served, here and in another terminal."""
    as_of = stamp(story.moments[0].as_of)
    asked = f"identifier={quote_url(story.identifier, safe=':')}&as_of={as_of}"
    return Group(
        Text(),
        Text("Look for yourself:"),
        Text(f"  {url}/desk?{asked}", BOLD),
        Text(f"  {url}/docs"),
        Text(f"  {url}/v1/brief?{asked}"),
        Text(f"  {url}/v1/find?q={quote_url(story.identifier.partition(':')[2][:8])}"),
        Text(f"  TOLDONCE_HOME={quote(str(home))} toldonce timeline {story.identifier}"),
    )
