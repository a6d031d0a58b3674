"""What can go wrong with proofs. The class docstring is the message; values are attributes."""

from __future__ import annotations


class AuditError(Exception):
    """It could not be proven or signed."""

    def __init__(self, **values: object) -> None:
        self.values = values
        template = (type(self).__doc__ or "").strip()
        super().__init__(template.format(**values))


class NoteInvalid(AuditError):
    """This is no note that can be trusted: {reason}."""


class ProofInvalid(AuditError):
    """The proof does not hold: {reason}."""


class NotSigned(AuditError):
    """{what} is under no signed checkpoint yet: run `toldonce audit checkpoint`."""


class SigningRefused(AuditError):
    """Nothing is signed, for {reason}. To go on: {remedy}."""


class KeyUnusable(AuditError):
    """The key {path} cannot be used: {reason}."""


class LogUnreachable(AuditError):
    """There is no log to be read at {url}: {reason}."""


class ExportUnreadable(AuditError):
    """There is no export in {path} that can be read: {reason}."""
