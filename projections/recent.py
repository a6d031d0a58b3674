"""What was used most recently, by customer: bounded memory between pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar
from uuid import UUID

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """Values by customer; the least recently used give way once there are more than `max`."""

    def __init__(self, size_max: int) -> None:
        self._size_max = size_max
        self._values: dict[UUID, Value] = {}

    def __contains__(self, customer_id: UUID) -> bool:
        return customer_id in self._values

    def get(self, customer_id: UUID) -> Value | None:
        """Return the value of a customer, which is now the most recently used."""
        value = self._values.pop(customer_id, None)
        if value is not None:
            self._values[customer_id] = value
        return value

    def put(self, customer_id: UUID, value: Value) -> None:
        """Remember a value as the most recently used."""
        self._values.pop(customer_id, None)
        self._values[customer_id] = value
        if len(self._values) > self._size_max:
            del self._values[next(iter(self._values))]

    def forget(self, customers: Iterable[UUID]) -> None:
        """Drop the values of these customers."""
        for customer_id in customers:
            self._values.pop(customer_id, None)

    def clear(self) -> None:
        """Drop everything."""
        self._values.clear()
