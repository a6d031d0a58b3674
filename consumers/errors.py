"""What can be wrong with a file or a message as a whole; what is wrong with an event is a verdict.

The class docstring is the message; values are attributes.
"""

from __future__ import annotations


class ConsumerError(Exception):
    """Nothing can be taken in."""

    def __init__(self, **values: object) -> None:
        self.values = values
        template = (type(self).__doc__ or "").strip()
        super().__init__(template.format(**values))


class FileMissing(ConsumerError):
    """There is no file {path}."""


class FileUnreadable(ConsumerError):
    """The file {path} cannot be read: {reason}."""


class FileNotLines(ConsumerError):
    """The file {path} does not hold one JSON event a line: {reason}."""


class MessageTooLarge(ConsumerError):
    """The body is larger than {bytes_max} bytes; see GET /v1/limits."""


class MediaTypeRefused(ConsumerError):
    """The body cannot be read: {reason}."""


class MessageIncomplete(ConsumerError):
    """The body did not arrive within {timeout_s} seconds."""


class BrokersUnavailable(ConsumerError):
    """The brokers {servers} cannot be used: {reason}."""


class PreparerEnded(ConsumerError):
    """A process that decodes and seals for this one ended with code {code}; nothing is lost."""


class TopicMissing(ConsumerError):
    """There is no topic {topic}."""


class PartitionTaken(ConsumerError):
    """Another consumer reads {source} now; nothing of this batch was stored."""


class QuarantineCursorInvalid(ConsumerError):
    """The cursor is none of quarantine's: begin without one."""


class NotQuarantined(ConsumerError):
    """Quarantine holds no event under this id."""
