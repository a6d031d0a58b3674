"""Orders and their money: what was bought, paid, discounted, invoiced, and needed by when."""

from typing import Annotated

from pydantic import Field

from domain.events.event import EventData
from domain.events.values import SECONDS_MAX, Id, Item, Moment, Money, Number, Text

AttemptNo = Annotated[int, Field(strict=True, ge=2, le=SECONDS_MAX)]


class OrderPlaced(EventData):
    """The customer ordered something."""

    TOPIC = "toldonce.order.placed.v1"
    order_id: Id
    items: tuple[Item, ...]
    total: Money | None = None
    channel: Text | None = None


class OrderCancelled(EventData):
    """The order was called off."""

    TOPIC = "toldonce.order.cancelled.v1"
    order_id: Id
    reason: Text | None = None
    condition: Text | None = None


class OrderRefundRequested(EventData):
    """The customer wants the money back."""

    TOPIC = "toldonce.order.refund_requested.v1"
    order_id: Id
    reason: Text | None = None
    condition: Text | None = None


class OrderRefunded(EventData):
    """The customer got money back."""

    TOPIC = "toldonce.order.refunded.v1"
    order_id: Id
    amount: Money


class OrderReplacementSent(EventData):
    """The goods were sent once more; attempt 2 is the first replacement."""

    TOPIC = "toldonce.order.replacement_sent.v1"
    order_id: Id
    delivery_id: Id
    attempt_no: AttemptNo
    replaces_delivery_id: Id | None = None
    charge: Money | None = None


class PaymentCaptured(EventData):
    """The customer paid."""

    TOPIC = "toldonce.payment.captured.v1"
    payment_id: Id
    amount: Money
    method: Text


class DiscountApplied(EventData):
    """The customer was charged less."""

    TOPIC = "toldonce.discount.applied.v1"
    reason: Text
    amount: Money | None = None
    percent: Number | None = None


class InvoiceIssued(EventData):
    """The customer was billed."""

    TOPIC = "toldonce.invoice.issued.v1"
    invoice_id: Id
    total: Money


class DeadlineRecorded(EventData):
    """The customer needs it by a time."""

    TOPIC = "toldonce.deadline.recorded.v1"
    need_by: Moment
    reason: Text
