"""Measure, print a table, write bench/results.json.

Every figure is a ratio of two rates from one run, the median of several: machines differ and are
noisy, ratios side by side are neither.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from bench import append, audit, catch_up, rebuild, verify, yardstick
from bench.events import raw_events
from bench.place import Place, place
from eventlog.bulk import collect_seldom

RESULTS = Path(__file__).parent / "results.json"
CATCH_UP_EVENTS = 60_000
REBUILT_EVENTS = 100_000


@dataclass(slots=True)
class Figure:
    """One measured figure: what it should reach, and its value in each run."""

    name: str
    aim: float
    means: str
    runs: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The value to quote."""
        return median(self.runs)


FIGURES = {
    "append_vs_copy": (0.30, "validated, sealed, hashed, deduplicated appends ÷ prebuilt COPY"),
    "append_vs_copy_beside": (
        0.30,
        "the same, prepared by two processes beside it ÷ prebuilt COPY",
    ),
    "append_vs_copy_two": (0.30, "the same by two processes at once ÷ prebuilt COPY by one"),
    "append_vs_library_many": (2.0, "appends ÷ the library saving 100 aggregates at a time"),
    "append_vs_library_one": (30.0, "appends ÷ the library saving one aggregate at a time"),
    "catch_up_vs_library": (15.0, "the runner's timeline ÷ the library's ProjectionRunner"),
    "catch_up_all_vs_library": (
        10.0,
        "the same with all views on ÷ the library's ProjectionRunner",
    ),
    "rebuild_events_s": (50_000, "entries a second into all views, rebuilt by two processes"),
    "rebuild_vs_library": (
        30.0,
        "all views rebuilt by two processes ÷ the library's ProjectionRunner",
    ),
    "proof_vs_20_ms": (1.0, "20 ms ÷ a proof made and checked at 10 million entries (p99)"),
    "append_beside_tree": (0.95, "what an append takes without leaf and tree ÷ what it takes"),
    "verify_events_s": (150_000, "entries verified a second by two processes"),
}


def main() -> None:
    """Run every measurement as often as asked for."""
    asked = _asked()
    collect_seldom()
    figures = {name: Figure(name, aim, means) for name, (aim, means) in FIGURES.items()}
    rates: list[dict[str, float]] = []
    yardstick.prepare()
    with place() as here:
        for run in range(1, asked.runs + 1):
            print(f"run {run} of {asked.runs} …", file=sys.stderr)
            rates.append(_run(here, figures, rebuilt=asked.rebuilt))
    _print(figures)
    _write(figures, rates)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="how often (default: 3)")
    parser.add_argument(
        "--rebuilt", type=int, default=REBUILT_EVENTS, help="events to rebuild the views from"
    )
    return parser.parse_args()


def _run(here: Place, figures: dict[str, Figure], *, rebuilt: int) -> dict[str, float]:
    raws = append.generated()
    one = append.measure(here, raws)
    beside_s = append.beside_s(here, raws)
    two_s = append.by_two_processes(here, raws)
    library = yardstick.measure(here, list(islice(raw_events(append.EVENTS), 20_000)))
    timeline_s = catch_up.catch_up_s(here, raws[:CATCH_UP_EVENTS], views=catch_up.timeline_only())
    all_views_s = catch_up.catch_up_s(here, raws[:CATCH_UP_EVENTS])
    rebuild_s = rebuild.measured(here, raw_events(rebuilt)).events_s
    proofs = audit.measure(here, one.append_s)
    figures["append_vs_copy"].runs.append(one.ratio)
    figures["append_vs_copy_beside"].runs.append(beside_s / one.copy_s)
    figures["append_vs_copy_two"].runs.append(two_s / one.copy_s)
    figures["append_vs_library_many"].runs.append(one.append_s / library.save_many_s)
    figures["append_vs_library_one"].runs.append(one.append_s / library.save_one_s)
    figures["catch_up_vs_library"].runs.append(timeline_s / library.project_s)
    figures["catch_up_all_vs_library"].runs.append(all_views_s / library.project_s)
    figures["rebuild_events_s"].runs.append(rebuild_s)
    figures["rebuild_vs_library"].runs.append(rebuild_s / library.project_s)
    figures["proof_vs_20_ms"].runs.append(audit.LIMIT_MS / proofs.proof_ms_p99)
    figures["append_beside_tree"].runs.append(1 - proofs.tree_share_of_append)
    verified = verify.measure(here, raws)
    figures["verify_events_s"].runs.append(verified.verify_events_s)
    return (
        asdict(one)
        | asdict(library)
        | asdict(proofs)
        | asdict(verified)
        | {
            "append_beside_s": beside_s,
            "append_two_s": two_s,
            "catch_up_timeline_s": timeline_s,
            "catch_up_all_views_s": all_views_s,
            "refold_ms": catch_up.refold_ms(here),
        }
    )


def _print(figures: dict[str, Figure]) -> None:
    table = Table("figure", "median", "runs", "aim", "what it is")
    for figure in figures.values():
        runs = " ".join(_short(value) for value in figure.runs)
        table.add_row(figure.name, _short(figure.median), runs, f"≥ {figure.aim:g}", figure.means)
    Console().print(table)


def _write(figures: dict[str, Figure], rates: list[dict[str, float]]) -> None:
    document = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "conditions": {
            "python": platform.python_version(),
            "system": platform.platform(),
            "processors": os.cpu_count(),
            "events": append.EVENTS,
            "batch": append.BATCH,
        },
        "figures": {
            figure.name: {"median": figure.median, "runs": figure.runs, "aim": figure.aim}
            for figure in figures.values()
        },
        "events_per_second": rates,
    }
    RESULTS.write_text(json.dumps(document, indent=2) + "\n", "utf-8")


_short: Callable[[float], str] = "{:.2f}".format


if __name__ == "__main__":
    main()
