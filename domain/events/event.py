"""The shape that all events share, and the registry of their types.

Promise: a type of event exists in one place only, as a class with its own explicit TOPIC.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from domain.events.values import Id, Identifier, Party, Visibility
from domain.handles import REFERENCES, Handle

_TOPIC = re.compile(r"toldonce\.([a-z]+\.[a-z]+(?:_[a-z]+)*)\.v[1-9]\d?")
_PREFIX, _OWN_STATE = "toldonce.", "toldonce.decisions."
_types: dict[str, type["EventData"]] = {}


class TopicInvalid(TypeError):
    """A class claims a topic that is taken or that is not toldonce.<family>.<participle>.v<N>."""


class EventData(BaseModel):
    """What one type of event states; a subclass with a TOPIC of its own is a type of event."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        validate_by_name=True,
        validate_by_alias=True,
        hide_input_in_errors=True,
    )

    TOPIC: ClassVar[str]
    NAME: ClassVar[str]
    """The topic without prefix and version, such as `contact.started`."""
    VISIBILITY: ClassVar[Visibility] = "customer"
    IS_OURS: ClassVar[bool] = False
    """Whether only this system itself says so; from outside it is refused."""
    REFERENCE_FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    """The members that lead to a customer with their types of handle, most specific first."""

    identifiers: tuple[Identifier, ...] = Field(
        default=(), description="What was observed about the customer."
    )
    parties: tuple[Party, ...] = Field(default=(), description="Others whom the event concerns.")
    visibility: Visibility | None = Field(
        default=None, description="Who may see the event; each type has a default."
    )
    contact_id: Id | None = None
    issue_id: Id | None = None
    order_id: Id | None = None
    delivery_id: Id | None = None
    tracking_number: Id | None = None
    job_id: Id | None = None
    appointment_id: Id | None = None
    visit_id: Id | None = None
    promise_id: Id | None = None
    policy_id: Id | None = None
    claim_id: Id | None = None
    encounter_id: Id | None = None
    service_id: Id | None = None
    asset_id: Id | None = None

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Register a class that has a topic of its own."""
        super().__pydantic_init_subclass__(**kwargs)
        if "TOPIC" not in cls.__dict__:
            return
        named = _TOPIC.fullmatch(cls.TOPIC)
        if named is None or cls.TOPIC in _types:
            raise TopicInvalid(cls.TOPIC)
        cls.NAME = named[1]
        cls.REFERENCE_FIELDS = tuple(
            (field, kind) for field, kind in REFERENCES.items() if field in cls.model_fields
        )
        _types[cls.TOPIC] = cls

    @property
    def shown_to(self) -> Visibility:
        """Who may see the event: as it says itself, else as its type does."""
        return self.visibility or self.VISIBILITY

    def observed(self) -> tuple[Handle, ...]:
        """Return the identifiers by which the event names its customer."""
        if not self.identifiers:
            return ()
        return tuple([identifier.handle for identifier in self.identifiers])

    def stated(self) -> tuple[Handle, ...]:
        """Return the identifiers that an identity statement is about; most events make none."""
        return ()

    def pointed(self) -> tuple[Handle, ...]:
        """Return the handles that stand elsewhere than in the members named in REFERENCES."""
        return ()


EVENT_TYPES: Mapping[str, type[EventData]] = MappingProxyType(_types)
"""Every type of event by its topic, such as `toldonce.contact.started.v1`."""


def is_published(topic: str) -> bool:
    """Whether an entry of this topic is a fact, not what an aggregate keeps for itself.

    So are facts of types and versions that only a later program knows.
    """
    return topic.startswith(_PREFIX) and not topic.startswith(_OWN_STATE)
