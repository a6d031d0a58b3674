"""What can go wrong with the log. The class docstring is the message; values are attributes."""

from __future__ import annotations


class EventLogError(Exception):
    """The log could not do what it was asked."""

    def __init__(self, **values: object) -> None:
        self.values = values
        template = (type(self).__doc__ or "").strip()
        super().__init__(template.format(**values))


class LogUnavailable(EventLogError):
    """The database of the log cannot be reached or went away: {reason}."""


class LogBroken(EventLogError):
    """The log is damaged at position {position}: expected {expected}, found {found}."""


class LogNotMigrated(EventLogError):
    """The database holds no log at version {expected}; it has {found}: run `toldonce migrate`."""


class WrongKeyring(EventLogError):
    """The {name} of this keyring is not the one that this log was written with."""


class KeyringUnusable(EventLogError):
    """The keyring {path} cannot be used: {reason}."""


class VersionConflict(EventLogError):
    """The stream already has an entry of version {version}."""
