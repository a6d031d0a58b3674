"""Promises: what the company said it would do by a time, and what became of it."""

from functools import cache
from typing import Annotated, Self

from pydantic import ConfigDict, Field, ValidationInfo, field_validator, model_validator

from domain.events.checks import TRUSTED, refusal
from domain.events.event import EVENT_TYPES, EventData
from domain.events.values import Direction, Duration, Id, Moment, Text, Truth, Value
from domain.handles import Handle, NotAHandle

BUSINESS_DAYS_MAX = 1_000  # four years of working days: they are counted one by one

BusinessDays = Annotated[int, Field(strict=True, ge=1, le=BUSINESS_DAYS_MAX)]


class Fulfilment(Value):
    """The event that will keep a promise: the first of this type whose reference leads to `ref`."""

    event: Annotated[str, Field(strict=True, max_length=64, pattern=r"^[a-z]+\.[a-z_]+$")]
    ref: Id
    direction: Direction | None = None

    @field_validator("event")
    @classmethod
    def _known(cls, event: str, info: ValidationInfo) -> str:
        # a misspelled name would be a promise that nothing can keep
        if event not in _names() and info.context != TRUSTED:
            raise refusal("is not the name of an event, such as delivery.completed")
        return event

    @field_validator("ref")
    @classmethod
    def _normal(cls, ref: str, info: ValidationInfo) -> str:
        try:
            return str(Handle.parse(ref, is_kept=info.context == TRUSTED))
        except NotAHandle:
            raise refusal("must be a handle, such as order:O-2") from None

    @property
    def handle(self) -> Handle:
        """The thing that the event's reference must lead to."""
        return Handle.parse(self.ref, is_kept=True)


class PromiseMade(EventData):
    """The company said that it would do something by a time."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": ["due_at"]},
                {"required": ["due_within"]},
                {"required": ["due_business_days", "calendar_id"]},
            ]
        }
    )

    TOPIC = "toldonce.promise.made.v1"
    promise_id: Id
    what: Text
    due_at: Moment | None = None
    due_within: Duration | None = None
    due_business_days: BusinessDays | None = None
    calendar_id: Id | None = None
    fulfilled_when: Fulfilment | None = None
    made_by: Text | None = None

    @model_validator(mode="after")
    def _has_one_due(self) -> Self:
        dues = (self.due_at, self.due_within, self.due_business_days)
        if sum(due is not None for due in dues) != 1:
            raise refusal("needs exactly one of due_at, due_within, due_business_days")
        if (self.due_business_days is None) != (self.calendar_id is None):
            raise refusal("needs due_business_days and calendar_id together")
        return self

    def observed(self) -> tuple[Handle, ...]:
        """Return the identifiers given, else the one that the fulfilment names the customer by."""
        if self.identifiers or self.fulfilled_when is None:
            return super().observed()
        handle = self.fulfilled_when.handle
        return (handle,) if handle.is_identifier else ()

    def pointed(self) -> tuple[Handle, ...]:
        """Return the reference whose event will keep the promise."""
        if self.fulfilled_when is None:
            return ()
        handle = self.fulfilled_when.handle
        return () if handle.is_identifier else (handle,)


class PromiseRescheduled(EventData):
    """The promise was given another time."""

    TOPIC = "toldonce.promise.rescheduled.v1"
    promise_id: Id
    due_at: Moment
    told_customer: Truth


class PromiseKept(EventData):
    """What was promised was done."""

    TOPIC = "toldonce.promise.kept.v1"
    promise_id: Id
    reason: Text | None = None


class PromiseRefused(EventData):
    """The company said that it will not do what it promised."""

    TOPIC = "toldonce.promise.refused.v1"
    promise_id: Id
    reason: Text | None = None


class PromiseWaived(EventData):
    """The customer no longer wants what was promised."""

    TOPIC = "toldonce.promise.waived.v1"
    promise_id: Id
    reason: Text | None = None


class PromiseSuperseded(EventData):
    """Another promise took the place of this one."""

    TOPIC = "toldonce.promise.superseded.v1"
    promise_id: Id
    by_promise_id: Id


class PromiseLapsed(EventData):
    """The time of a promise passed without what was promised; our clock says so."""

    TOPIC = "toldonce.promise.lapsed.v1"
    IS_OURS = True
    promise_id: Id
    due_at: Moment


@cache
def _names() -> frozenset[str]:
    # asked only once every family has been imported
    return frozenset(data.NAME for data in EVENT_TYPES.values())
