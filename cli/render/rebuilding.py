"""What a rebuild would change, and digests, for people and for scripts."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from cli.render.sheet import GOOD, WARNING, columns
from domain.sentences.phrases import count
from projections.digests import Digest
from projections.rebuild.difference import Difference, Example, TableDifference


def difference_sheet(found: Difference) -> RenderableType:
    """Say what would change, table by table, with examples."""
    if found.outdated is not None:
        return Text(f"nothing to compare with: {found.outdated}", WARNING)
    if found.is_same:
        return Text(f"● the rebuilt views say the same, at position {found.position}", GOOD)
    changed = [one for one in found.tables if not one.is_same]
    said = Text(f"▲ the rebuilt views say something else, at position {found.position}", WARNING)
    rows = [(one.table, _rows(one), _customers(one)) for one in changed]
    examples = [example for one in changed for example in one.examples]
    return Group(said, *columns(rows), *columns([_shown(example) for example in examples]))


def difference_json(found: Difference) -> dict[str, Any]:
    """Return the same for scripts."""
    return {**asdict(found), "is_same": found.is_same}


def digests_sheet(position: int, found: Sequence[Digest]) -> RenderableType:
    """Return each view with its digest."""
    rows = [(one.view, one.digest, count(one.rows, "row")) for one in found]
    return Group(*columns(rows), Text(f"at position {position}"))


def digests_json(position: int, found: Sequence[Digest]) -> dict[str, Any]:
    """Return the same for scripts."""
    return {"position": position, "views": [asdict(one) for one in found]}


def _rows(one: TableDifference) -> str:
    return f"{one.rows_live} → {count(one.rows_next, 'row')}"


def _customers(one: TableDifference) -> str:
    return f"{count(one.customers, 'customer')} differ" if one.customers else "differs"


def _shown(example: Example) -> tuple[str, str, str]:
    told = [f"{example.gone} gone", f"{example.new} new", f"{example.changed} changed"]
    named = f" in {', '.join(example.columns)}" if example.columns else ""
    return f"customer:{example.customer_id}", example.table, ", ".join(told) + named
