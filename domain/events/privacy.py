"""Privacy: consent, who looked, and what was erased, exported or opened."""

from typing import Literal

from domain.events.event import EventData
from domain.events.values import Id, Text


class ConsentGranted(EventData):
    """The customer agreed to a use of the record."""

    TOPIC = "toldonce.consent.granted.v1"
    purpose: Text
    basis: Text | None = None


class ConsentWithdrawn(EventData):
    """The customer no longer agrees to a use of the record."""

    TOPIC = "toldonce.consent.withdrawn.v1"
    purpose: Text
    basis: Text | None = None


class RecordViewed(EventData):
    """Somebody looked at the record, or was not allowed to; we say so ourselves."""

    TOPIC = "toldonce.record.viewed.v1"
    IS_OURS = True
    viewer: Text
    purpose: Text
    scope: Text
    outcome: Literal["shown", "denied"]


class ErasureRequested(EventData):
    """The customer asked to be forgotten."""

    TOPIC = "toldonce.erasure.requested.v1"
    request_id: Id
    reason: Text | None = None


class ErasureExecuted(EventData):
    """The customer was forgotten."""

    TOPIC = "toldonce.erasure.executed.v1"
    request_id: Id
    reason: Text | None = None


class ErasureRefused(EventData):
    """The customer could not be forgotten."""

    TOPIC = "toldonce.erasure.refused.v1"
    request_id: Id
    reason: Text | None = None


class ExportProduced(EventData):
    """The customer's record was put together for handing over."""

    TOPIC = "toldonce.export.produced.v1"
    request_id: Id | None = None


class PortalAccessGranted(EventData):
    """Somebody may see the record for themselves."""

    TOPIC = "toldonce.portal.access_granted.v1"
    granted_to: Text
