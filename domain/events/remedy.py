"""Remedies: what was done to put it right."""

from typing import Literal

from domain.events.event import EventData
from domain.events.values import Id, Text


class RemedyOffered(EventData):
    """The company offered to put something right."""

    TOPIC = "toldonce.remedy.offered.v1"
    remedy_id: Id
    kind: Literal["interim", "replacement", "refund", "repair", "credit"]
    what: Text
    limits: Text | None = None
    completion_promise_id: Id | None = None


class RemedyAccepted(EventData):
    """The customer took the remedy."""

    TOPIC = "toldonce.remedy.accepted.v1"
    remedy_id: Id


class RemedyDeclined(EventData):
    """The customer did not want the remedy."""

    TOPIC = "toldonce.remedy.declined.v1"
    remedy_id: Id


class RemedyDelivered(EventData):
    """The customer has the remedy."""

    TOPIC = "toldonce.remedy.delivered.v1"
    remedy_id: Id


class ApologyGiven(EventData):
    """The company said that it is sorry."""

    TOPIC = "toldonce.apology.given.v1"
    for_what: Text | None = None
