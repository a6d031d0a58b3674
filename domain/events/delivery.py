"""Deliveries: where a parcel is; known by its own id or by its tracking number."""

from typing import Literal, Self

from pydantic import ConfigDict, model_validator

from domain.events.checks import refusal
from domain.events.event import EventData
from domain.events.values import Id, Moment, Text


class Parcel(EventData):
    """What carriers report: a parcel is named by delivery_id, by tracking_number, or by both."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"required": ["delivery_id"]}, {"required": ["tracking_number"]}]
        }
    )

    @model_validator(mode="after")
    def _is_named(self) -> Self:
        if self.delivery_id is None and self.tracking_number is None:
            raise refusal("needs delivery_id or tracking_number")
        return self


class DeliveryDispatched(EventData):
    """A parcel was sent."""

    TOPIC = "toldonce.delivery.dispatched.v1"
    delivery_id: Id
    order_id: Id
    carrier: Text | None = None
    expected_by: Moment | None = None


class DeliveryScanned(Parcel):
    """The carrier saw the parcel."""

    TOPIC = "toldonce.delivery.scanned.v1"
    status: Literal[
        "info_received", "in_transit", "out_for_delivery", "available_for_pickup", "exception"
    ]
    location: Text | None = None
    status_code: Text | None = None


class DeliveryAttempted(Parcel):
    """The carrier could not hand the parcel over."""

    TOPIC = "toldonce.delivery.attempted.v1"
    reason: Text


class DeliveryCompleted(Parcel):
    """The carrier handed the parcel over."""

    TOPIC = "toldonce.delivery.completed.v1"
    proof: Text | None = None


class DeliveryInvestigationOpened(EventData):
    """The carrier was asked where the parcel is."""

    TOPIC = "toldonce.delivery.investigation_opened.v1"
    delivery_id: Id
    carrier_ref: Text | None = None
