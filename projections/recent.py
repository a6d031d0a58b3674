"""What was used most recently, by customer: bounded memory between pages.

Promise: nothing is forgotten while a page is worked on; what is too much goes when it is trimmed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar
from uuid import UUID

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """Values by customer, each with its weight; `trim` keeps the most recently used of them."""

    def __init__(self, weight_max: int) -> None:
        self._weight_max = weight_max
        self._weight = 0
        self._values: dict[UUID, tuple[Value, int]] = {}

    def __contains__(self, customer_id: UUID) -> bool:
        return customer_id in self._values

    def get(self, customer_id: UUID) -> Value | None:
        """Return the value of a customer, which is now the most recently used."""
        kept = self._values.pop(customer_id, None)
        if kept is None:
            return None
        self._values[customer_id] = kept
        return kept[0]

    def peek(self, customer_id: UUID) -> Value | None:
        """Return the value of a customer, which was not used by that."""
        kept = self._values.get(customer_id)
        return None if kept is None else kept[0]

    def put(self, customer_id: UUID, value: Value, *, weight: int = 1) -> None:
        """Remember a value as the most recently used."""
        self.forget([customer_id])
        self._values[customer_id] = (value, weight)
        self._weight += weight

    def trim(self, *, over: int = 0) -> dict[UUID, Value]:
        """Drop the least recently used while all together weigh too much, and return them.

        Nothing is dropped before they weigh as much as `over` too much.
        """
        weight, excess = self._weight, dict[UUID, Value]()
        if weight <= self._weight_max + over:
            return excess
        # Once through: what was used since leaves gaps at the front, and each look passes them.
        for customer_id, (value, its_weight) in self._values.items():
            if weight <= self._weight_max:
                break
            excess[customer_id] = value
            weight -= its_weight
        self.forget(excess)
        return excess

    def forget(self, customers: Iterable[UUID]) -> None:
        """Drop the values of these customers."""
        for customer_id in customers:
            kept = self._values.pop(customer_id, None)
            self._weight -= 0 if kept is None else kept[1]

    def clear(self) -> None:
        """Drop everything."""
        self._values.clear()
        self._weight = 0
