"""The form of a banner: something that whoever answers must see first.

Promise: a banner is one sentence with its facts verbatim, and the events that it rests on.
"""

from dataclasses import dataclass
from typing import Literal

from domain.brief.shape import Json, evidence
from domain.story.cite import Cite

Severity = Literal["critical", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Banner:
    """One banner."""

    code: str
    severity: Severity
    text: str
    cites: tuple[Cite, ...]

    def shown(self) -> Json:
        """Return the banner as it stands in the brief."""
        return {
            "code": self.code,
            "severity": self.severity,
            "text": self.text,
            "evidence": evidence(self.cites),
        }
