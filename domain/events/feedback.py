"""Feedback: what customers say about us, and what they complain of."""

from domain.events.event import EventData
from domain.events.values import Id, Number, Scalar, Text


class FeedbackRecorded(EventData):
    """The customer said how it was."""

    TOPIC = "toldonce.feedback.recorded.v1"
    score: Number | None = None
    scale: Scalar | None = None
    comment: Text | None = None
    about: Text | None = None


class ComplaintFiled(EventData):
    """The customer complained formally."""

    TOPIC = "toldonce.complaint.filed.v1"
    complaint_id: Id
    wanted: Text | None = None
