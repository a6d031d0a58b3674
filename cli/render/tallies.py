"""What became of imported or published events, in one line."""

from collections.abc import Mapping

from rich.text import Text

from cli.render.sheet import BAD, GOOD, WARNING, dotted

_STYLES = {
    "stored": GOOD,
    "valid": GOOD,
    "acknowledged": GOOD,
    "duplicate": "",
    "suppressed": WARNING,
    "conflict": BAD,
    "invalid": BAD,
}


def tally_line(counts: Mapping[str, int]) -> Text:
    """Return the verdicts that were given, each with its number."""
    given = [
        Text(f"{counts[kind]:,} {kind}", style)
        for kind, style in _STYLES.items()
        if counts.get(kind)
    ]
    position = counts.get("position")
    at = f"up to position {position}" if position else None
    return dotted(*given, at) if given else Text("no events")
