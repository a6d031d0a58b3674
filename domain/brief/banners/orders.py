"""Orders that will be too late, or that never came."""

from collections.abc import Iterator

from domain.brief.banners.banner import Banner
from domain.brief.order_states import OrderState
from domain.brief.reading import Reading
from domain.sentences.phrases import duration, moment
from domain.story.cite import Cite
from domain.story.jobs import Setback
from domain.story.orders import Deadline, Order
from domain.story.promises import Promise, state_at

DELIVERED = "delivery.completed"
_SETBACKS = {
    "inspection_failed": "inspection failed",
    "restarted": "restarted",
    "eta_revised": "expected time revised",
}


def deadline_at_risk(reading: Reading) -> Iterator[Banner]:
    """Say of every order that will miss its deadline by how much, and through which chain."""
    for state in reading.orders.values():
        if state.order and state.order.deadline and state.late_by_s > 0:
            deadline = state.order.deadline
            chain = [setback for job in state.jobs for setback in job.setbacks]
            text = _late(state.order, deadline, state=state, chain=chain)
            cites = (deadline.cite, *(setback.cite for setback in chain), *_sent(state))
            yield Banner("DEADLINE_AT_RISK", "critical", text, cites)


def delivery_missing(reading: Reading) -> Iterator[Banner]:
    """Say of every order whose delivery promise is broken that nothing was sent since."""
    for promise in reading.story.promises.by_id.values():
        if promise.when is None or promise.when.event != DELIVERED or promise.due_at is None:
            continue
        state = reading.orders.get(_promised_order(reading, promise))
        if state and state.order and _is_missing(reading, promise, state=state):
            text = (
                f"Order {state.order.order_id} has not arrived: it was due on "
                f"{moment(promise.due_at)} and nothing has been sent since."
            )
            placed = state.order.placed or state.order.first
            yield Banner("DELIVERY_MISSING", "critical", text, (placed, *promise.cites))


def _promised_order(reading: Reading, promise: Promise) -> str | None:
    delivery = reading.story.deliveries.by_id.get(promise.refs.get("delivery_id", ""))
    return promise.refs.get("order_id") or (delivery.order_id if delivery else None)


def _is_missing(reading: Reading, promise: Promise, *, state: OrderState) -> bool:
    if state.order is None or promise.due_at is None or state.is_settled:
        return False
    sent = state.order.last_dispatched
    is_sent_since = sent is not None and sent.at >= promise.due_at
    return state_at(promise, reading.as_of) == "broken" and not is_sent_since


def _late(order: Order, deadline: Deadline, *, state: OrderState, chain: list[Setback]) -> str:
    eta = moment(state.eta) if state.eta else "at no known time"
    because = f": {', then '.join(_setback(s) for s in chain)}" if chain else ""
    return (
        f"Order {order.order_id} is needed by {moment(deadline.need_by)} ({deadline.reason}) but "
        f"expected on {eta}, {duration(state.late_by_s)} too late{because}."
    )


def _setback(setback: Setback) -> str:
    said = _SETBACKS[setback.kind]
    return f"{said} ({setback.detail})" if setback.detail else said


def _sent(state: OrderState) -> list[Cite]:
    return [d.first for d in state.deliveries if d.eta is not None and not d.completed]
