"""What this system decides itself: merges, pairs, relationships, erasures, lapsed promises.

A decision's event is the published fact. Each is an aggregate that begins undecided; what others
published about the same thing is handed in, and deciding twice is refused with both facts named.
"""

from domain.decisions.decision import By, Decided, Decision
from domain.decisions.erasure import Erasure
from domain.decisions.lapse import Lapse
from domain.decisions.merge import Merge
from domain.decisions.pair import Pair, PairSaid, Statement
from domain.decisions.refusals import (
    AlreadyDecided,
    DecidedLater,
    DecisionRefused,
    NothingToDecide,
    PersonErased,
)
from domain.decisions.relationship import Relationship

__all__ = [
    "AlreadyDecided",
    "By",
    "Decided",
    "DecidedLater",
    "Decision",
    "DecisionRefused",
    "Erasure",
    "Lapse",
    "Merge",
    "NothingToDecide",
    "Pair",
    "PairSaid",
    "PersonErased",
    "Relationship",
    "Statement",
]
