"""How orders and their money read."""

from domain.events import (
    DeadlineRecorded,
    DiscountApplied,
    InvoiceIssued,
    OrderCancelled,
    OrderPlaced,
    OrderRefunded,
    OrderRefundRequested,
    OrderReplacementSent,
    PaymentCaptured,
)
from domain.events.values import Item
from domain.sentences.phrases import coded, listed, moment, money
from domain.sentences.template import Templates, about, because, value, with_


def _placed(data: OrderPlaced) -> str:
    total = f", {money(data.total)} in all" if data.total else ""
    through = f", through {coded(data.channel)}" if data.channel else ""
    if not data.items:
        return f"Placed order {data.order_id}{total}{through}"
    return f"Ordered {listed(map(_item, data.items))}{total}{through} (order {data.order_id})"


def _item(item: Item) -> str:
    sku = f" ({item.sku})" if item.sku else ""
    price = f" at {money(item.price)}" if item.price else ""
    return f"{value(item.quantity)} × {item.name}{sku}{price}"


def _cancelled(data: OrderCancelled) -> str:
    return f"Order {data.order_id} was cancelled{_condition(data)}{because(data.reason)}"


def _refund_requested(data: OrderRefundRequested) -> str:
    return f"Asked for a refund of order {data.order_id}{_condition(data)}{because(data.reason)}"


def _condition(data: OrderCancelled | OrderRefundRequested) -> str:
    return f", condition: {coded(data.condition)}" if data.condition else ""


def _refunded(data: OrderRefunded) -> str:
    return f"We refunded {money(data.amount)} for order {data.order_id}"


def _replacement_sent(data: OrderReplacementSent) -> str:
    replaces = with_(", replacing delivery", data.replaces_delivery_id)
    charge = f", charging {money(data.charge)}" if data.charge else ""
    return (
        f"We sent a replacement for order {data.order_id}: delivery {data.delivery_id}, "
        f"attempt {data.attempt_no}{replaces}{charge}"
    )


def _payment_captured(data: PaymentCaptured) -> str:
    paid = f"Paid {money(data.amount)} by {coded(data.method)}"
    return f"{paid}{about(data)} (payment {data.payment_id})"


def _discount_applied(data: DiscountApplied) -> str:
    amounts = [money(data.amount)] if data.amount else []
    amounts += [f"{value(data.percent)} %"] if data.percent is not None else []
    of = f" of {listed(amounts)}" if amounts else ""
    return f"A discount{of} was given{about(data)}{because(data.reason)}"


def _invoice_issued(data: InvoiceIssued) -> str:
    return f"We sent invoice {data.invoice_id} over {money(data.total)}{about(data)}"


def _deadline_recorded(data: DeadlineRecorded) -> str:
    job = with_(" for job", data.job_id)
    return f"Needs it by {moment(data.need_by)}{about(data)}{job}{because(data.reason)}"


TEMPLATES: Templates = {
    OrderPlaced: _placed,
    OrderCancelled: _cancelled,
    OrderRefundRequested: _refund_requested,
    OrderRefunded: _refunded,
    OrderReplacementSent: _replacement_sent,
    PaymentCaptured: _payment_captured,
    DiscountApplied: _discount_applied,
    InvoiceIssued: _invoice_issued,
    DeadlineRecorded: _deadline_recorded,
}
