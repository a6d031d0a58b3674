"""What can go wrong with deciding. The class docstring is the message; values are attributes.

That a decision is refused is no error of this package: `domain.decisions` says why.
"""

from __future__ import annotations


class DecidingError(Exception):
    """It could not be decided."""

    def __init__(self, **values: object) -> None:
        self.values = values
        super().__init__((type(self).__doc__ or "").strip().format(**values))


class NotAFact(DecidingError):
    """What was to be decided cannot be published: {reason}."""


class NeverAgreed(DecidingError):
    """Others decided at the same time {attempts} times over: try again."""
