"""What is not as it must be, and the report that a verification ends with.

A finding names a place, what was expected there and what was found; never what an event states.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Check = Literal[
    "entry", "tree", "head", "checkpoint", "versions", "keys", "offsets", "tracking", "tiles",
    "events", "proofs", "files",
]  # fmt: skip

# Damage that is everywhere is told by its beginning; the number that were found is kept.
FINDINGS_MAX = 50


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be; `position` is None where it is not about one entry."""

    check: Check
    position: int | None
    expected: str
    found: str

    def __str__(self) -> str:
        place = "" if self.position is None else f" at position {self.position}"
        return f"{self.check}{place}: expected {self.expected}, found {self.found}"


@dataclass(slots=True)
class Findings:
    """Findings in the order of their positions, up to a limit; how many there were in all."""

    first: list[Finding] = field(default_factory=list)
    count: int = 0

    def add(self, check: Check, position: int | None, *, expected: str, found: str) -> None:
        """Note a finding."""
        self.take([Finding(check, position, expected, found)])

    def take(self, findings: Iterable[Finding], *, count: int | None = None) -> None:
        """Note findings, of which there were `count` in all where not all were kept."""
        taken = list(findings)
        self.count += len(taken) if count is None else count
        self.first = sorted([*self.first, *taken], key=_place)[:FINDINGS_MAX]


@dataclass(slots=True)
class Report:
    """What a verification has looked at, what it did not, and what it found."""

    position: int
    root: str
    checked: dict[str, Any] = field(default_factory=dict)
    unchecked: dict[str, str] = field(default_factory=dict)
    signers: list[str] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)

    @property
    def is_intact(self) -> bool:
        """Whether everything that was looked at is as it must be."""
        return not self.findings.count

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON."""
        return {
            "is_intact": self.is_intact,
            "position": self.position,
            "root": self.root,
            "signers": self.signers,
            "checked": self.checked,
            "unchecked": self.unchecked,
            "findings": [asdict(finding) for finding in self.findings.first],
            "finding_count": self.findings.count,
        }


def _place(finding: Finding) -> tuple[bool, int]:
    return finding.position is None, finding.position or 0
