"""Why a partition is not read on, and what an operator can do about it.

Promise: whatever would lose an event, or take one topic for another, ends here and not in a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Cause = Literal["not_begun", "overtaken", "truncated", "recreated", "changed", "unreadable"]

GO_ON = "`toldonce consume --skip-to {where} --partition {partition}` goes on {there}"
_EARLIEST = GO_ON.replace("{where}", "earliest").replace("{there}", "at the oldest that is there")
_LATEST = GO_ON.replace("{where}", "latest").replace("{there}", "with what comes next")
_READ_AGAIN = _EARLIEST + "; what is stored already is a duplicate"
SENTENCES: dict[Cause, str] = {
    "not_begun": "it was never read, and nobody said where to begin: `toldonce consume --from "
    "earliest`, `latest` or a time says so",
    "overtaken": "offsets {next_offset} to {before_start} were deleted before they were read, as "
    "the topic's retention says; have them published again, then " + _EARLIEST,
    "truncated": "it ends at offset {end}, although it was read up to {next_offset}: the brokers "
    "lost what they had acknowledged; " + _LATEST,
    "recreated": "the topic was deleted and made anew, so offset {next_offset} is another one; "
    + _READ_AGAIN,
    "changed": "the record before offset {next_offset} is not the one that was read there: these "
    "are other brokers, or another topic of that name; " + _READ_AGAIN,
    "unreadable": "the batch at offset {next_offset} cannot be read ({why}), also when it is "
    "fetched again; where brokers have no better copy of it, "
    + GO_ON.replace("{where}", "{after}").replace("{there}", "after it"),
}


@dataclass(frozen=True, slots=True)
class Halt:
    """Why one partition stands: the cause by its name, and in words."""

    cause: Cause
    reason: str


def halt(cause: Cause, **values: object) -> Halt:
    """Return why a partition stands, with what is known about it."""
    return Halt(cause, SENTENCES[cause].format(**values))
