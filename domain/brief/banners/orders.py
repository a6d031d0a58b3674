"""Orders that will be too late, or that never came."""

from collections.abc import Iterator

from domain.brief.banners.banner import Banner
from domain.brief.order_states import OrderState
from domain.brief.reading import Reading
from domain.sentences.phrases import coded, duration, moment
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
    promised: dict[str, list[Promise]] = {}
    for promise in reading.story.promises.by_id.values():
        state = reading.order_of(promise)
        if state and state.order and _is_missing(reading, promise, state=state):
            promised.setdefault(state.order.order_id, []).append(promise)
    for order_id, broken in promised.items():
        yield _missing(reading.story.orders[order_id], broken)


def _is_missing(reading: Reading, promise: Promise, *, state: OrderState) -> bool:
    if promise.when is None or promise.when.event != DELIVERED or promise.due_at is None:
        return False
    if state.order is None or state.is_settled or state_at(promise, reading.as_of) != "broken":
        return False
    sent = state.order.last_dispatched
    return sent is None or sent.at < promise.due_at


def _missing(order: Order, broken: list[Promise]) -> Banner:
    due = min(promise.due_at for promise in broken if promise.due_at is not None)
    text = (
        f"Order {order.order_id} has not arrived: it was due on {moment(due)} and nothing has "
        "been sent since."
    )
    cites = (order.placed or order.first, *(cite for p in broken for cite in p.cites))
    return Banner("DELIVERY_MISSING", "critical", text, cites)


def _late(order: Order, deadline: Deadline, *, state: OrderState, chain: list[Setback]) -> str:
    eta = moment(state.eta) if state.eta else "at no known time"
    because = f": {', then '.join(_setback(s) for s in chain)}" if chain else ""
    return (
        f"Order {order.order_id} is needed by {moment(deadline.need_by)} "
        f"({coded(deadline.reason)}) but expected on {eta}, "
        f"{duration(state.late_by_s)} too late{because}."
    )


def _setback(setback: Setback) -> str:
    said = _SETBACKS[setback.kind]
    return f"{said} ({coded(setback.detail)})" if setback.detail else said


def _sent(state: OrderState) -> list[Cite]:
    return [d.eta_said for d in state.expected if d.eta_said is not None]
