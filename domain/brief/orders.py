"""The orders, newest first, each with its attempts at delivery and the jobs behind it.

Attempts stand by number, jobs in the order in which they began; parcels and jobs that name no
order stand last, under an order_id of null.
"""

from domain.brief.order_states import OrderState
from domain.brief.reading import Reading
from domain.brief.shape import Json, stamp, stamp_or_none


def orders(reading: Reading) -> list[Json]:
    """Return every order."""
    return [_order(order_id, state) for order_id, state in reading.orders.items()]


def _order(order_id: str | None, state: OrderState) -> Json:
    return {
        "order_id": order_id,
        "delivered": state.is_delivered,
        "deadline": _deadline(state),
        "attempts": [
            {"attempt_no": d.attempt_no, "delivery_id": d.delivery_id, "state": d.state}
            for d in state.deliveries
        ],
        "jobs": [
            {"job_id": job.job_id, "state": job.state, "eta": stamp_or_none(job.eta)}
            for job in state.jobs
        ],
    }


def _deadline(state: OrderState) -> Json | None:
    deadline = state.order and state.order.deadline
    if not deadline:
        return None
    return {"need_by": stamp(deadline.need_by), "late_by_s": state.late_by_s}
