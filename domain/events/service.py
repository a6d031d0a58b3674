"""Services: lines and subscriptions that run, and how well they run."""

from domain.events.event import EventData
from domain.events.values import Id, Scalar, Text


class ServiceActivated(EventData):
    """A service began to run."""

    TOPIC = "toldonce.service.activated.v1"
    service_id: Id
    product: Text


class ServiceMeasured(EventData):
    """The service was measured."""

    TOPIC = "toldonce.service.measured.v1"
    service_id: Id
    metric: Text
    value: Scalar
    unit: Text | None = None
