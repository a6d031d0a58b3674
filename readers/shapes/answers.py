"""The shapes of answers as OpenAPI describes them, with an example of each made from its shape.

Promise: whatever is answered fits its shape, no member more or less; the tests hold them together.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.shape_example import example_of
from projections.continuity.items import Figure
from projections.identity.review import Reason

OK = 200
CREATED = 201
JSON = "application/json"


class Answer(BaseModel):
    """What all answers have in common: they are exactly what they say they are."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Position = Annotated[int, Field(description="What it rests on: all entries of the log up to here")]
Next = Annotated[str | None, Field(description="Cursor of the page that follows; null: none")]
Incomplete = Annotated[
    AwareDatetime | None,
    Field(description="Since when what is shown is incomplete, for the customer is parked"),
]


class Named(Answer):
    """An identifier or a reference."""

    type: Annotated[str, Field(examples=["phone"])]
    value: Annotated[str, Field(examples=["+17175550142"])]
    issuer: str | None


class Evidence(Answer):
    """An event that something rests on."""

    source: Annotated[str, Field(examples=["urn:example:contact"])]
    id: Annotated[str, Field(examples=["call-1"])]


class EventAnswer(Answer):
    """An event of a timeline; members that an event does not have are left out."""

    occurred_at: AwareDatetime
    recorded_at: AwareDatetime
    position: int
    source: Annotated[str, Field(examples=["urn:example:contact"])]
    event_id: str
    type: Annotated[str, Field(examples=["toldonce.contact.started.v1"])]
    channel: Annotated[str, Field("", examples=["voice"])]
    direction: Annotated[str, Field("", examples=["inbound"])]
    contact_id: Annotated[str, Field("", examples=["C-1"])]
    issue_id: Annotated[str, Field("", examples=["I-1"])]
    order_id: Annotated[str, Field("", examples=["O-1"])]
    delivery_id: Annotated[str, Field("", examples=["D-1"])]
    promise_id: Annotated[str, Field("", examples=["P-1"])]
    visit_id: Annotated[str, Field("", examples=["V-1"])]
    visibility: Literal["internal", "customer"]
    is_late: Annotated[bool, Field(description="Recorded after an event that happened later")]
    sentence: Annotated[str, Field(examples=["They called."])]
    data: Annotated[dict[str, Any], Field(description="The data of the event, in normal form")]


class TimelineAnswer(Answer):
    """A page of what happened to a customer; null was nobody's at that position."""

    customer_id: UUID | None
    position: Position
    incomplete_since: Incomplete
    events: list[EventAnswer]
    next: Next


class HitAnswer(Answer):
    """A customer that a text leads to; null is nobody's, or several customers'."""

    customer_id: UUID | None
    name: str | None
    by: Named | None


class HitsAnswer(Answer):
    """The customers that a text leads to."""

    position: Position
    hits: list[HitAnswer]


class PromiseAnswer(Answer):
    """A promise, and to whom it was made."""

    customer_id: UUID
    name: str | None
    incomplete_since: Incomplete
    promise_id: Annotated[str, Field(examples=["P-1"])]
    what: str | None
    due_at: AwareDatetime | None
    state: Annotated[str, Field(examples=["due_soon"])]
    overdue_s: int
    refs: Annotated[dict[str, str], Field(examples=[{"order_id": "O-2"}])]
    evidence: list[Evidence]


class PromisesAnswer(Answer):
    """A page of promises at a moment."""

    position: Position
    as_of: AwareDatetime
    promises: list[PromiseAnswer]
    next: Next


class FiguresAnswer(Answer):
    """How well the company remembers; a rate or a wait is null where there is nothing to take."""

    contacts: int
    repeat_contacts: int
    first_contacts: int
    first_contact_resolutions: int
    first_contact_resolution_rate: float | None
    waits: int
    wait_s_median: float | None
    wait_s_p90: float | None
    transfers_without_note: int
    redundant_questions: int
    promises_kept: int
    promises_kept_late: int
    promises_broken: int


class DayAnswer(FiguresAnswer):
    """The figures of a day."""

    day: date


class ContinuityAnswer(Answer):
    """Figures by day, newest first, and of the whole period."""

    position: Position
    as_of: AwareDatetime
    timezone: str
    from_: Annotated[date | None, Field(alias="from")]
    to: date | None
    total: FiguresAnswer
    days: list[DayAnswer]
    next: date | None


class EventNamed(Evidence):
    """An event that something rests on, and where it stands."""

    position: int
    type: Annotated[str, Field(examples=["toldonce.contact.started.v1"])]


class ItemAnswer(Answer):
    """One thing that a figure counts; what does not belong to the figure is left out."""

    at: AwareDatetime
    customer_id: UUID
    contact_id: str = ""
    promise_id: str = ""
    wait_s: int = 0
    field: str = ""
    evidence: list[EventNamed]


class ItemsAnswer(Answer):
    """A page of what a figure counts."""

    position: Position
    figure: Figure
    items: list[ItemAnswer]
    next: Next


class CandidateAnswer(Answer):
    """A customer who could be meant."""

    customer_id: UUID
    known_by: Named


class ChoiceAnswer(Answer):
    """What can be decided, with the identifiers to send."""

    decision: Literal["link", "merge", "reject"]
    a: Annotated[str, Field(examples=["phone:+17175550142"])]
    b: Annotated[str, Field(examples=["account_no:7731"])]


class WaitingAnswer(Answer):
    """An event of which a person has to say whose it is."""

    position: int
    reason: Reason
    occurred_at: AwareDatetime
    type: str
    sentence: str
    named: list[Named]
    candidate_count: int
    candidates: list[CandidateAnswer]
    choices: list[ChoiceAnswer]


class ReviewAnswer(Answer):
    """A page of what waits, and how much of it for each reason."""

    position: Position
    counts: Annotated[dict[Reason, int], Field(examples=[{"shared": 1}])]
    waiting: list[WaitingAnswer]
    next: Annotated[int | None, Field(description="Cursor of the page that follows; null: none")]


class ViewAnswer(Answer):
    """Where a view stands; `is_ready` is false where its tables are missing or outdated."""

    name: Annotated[str, Field(examples=["timeline"])]
    position: int
    head: int
    is_ready: bool
    lag: int


class ParkedAnswer(Answer):
    """A customer who is parked: shown up to the entry that could not be folded."""

    customer_id: UUID
    position: int
    view: str
    error: str
    attempts: int
    incomplete_since: AwareDatetime


class ProjectionsAnswer(Answer):
    """Where each view stands, and who is parked."""

    views: list[ViewAnswer]
    parked: list[ParkedAnswer]


class FactAnswer(Answer):
    """A fact in the log."""

    type: Annotated[str, Field(examples=["toldonce.identity.customers_merged.v1"])]
    source: Annotated[str, Field(examples=["toldonce"])]
    id: str
    time: AwareDatetime


class DecidedAnswer(Answer):
    """The fact that a decision became, and its position."""

    position: int
    fact: FactAnswer


class IdentityAnswer(Answer):
    """What was decided."""

    decided: DecidedAnswer


class KnownNamed(Named):
    """An identifier of a customer."""

    verified: bool


class ConcernedAnswer(Answer):
    """A customer as it is, or would be."""

    customer_id: UUID
    identifiers: list[KnownNamed]
    events: int


class EvidenceIn(Evidence):
    """An event that would change hands, and where it stands in the log."""

    position: int


class ChangeAnswer(Answer):
    """What would change."""

    position: Position
    before: list[ConcernedAnswer]
    after: list[ConcernedAnswer]
    joining: list[Named]
    shared: list[Named]
    unattached: int
    evidence_total: int
    evidence: list[EvidenceIn]


class PreviewAnswer(Answer):
    """What a decision would change if it were made now."""

    change: ChangeAnswer


class AliveAnswer(Answer):
    """The process answers."""

    status: Literal["ok"]


class ReadyAnswer(Answer):
    """The database is reachable and the views are near the head of the log."""

    status: Literal["ready"]
    head: int
    position: int
    lag: int


def shaped(model: type[Answer], *, status: int = OK) -> dict[int | str, dict[str, Any]]:
    """Return how OpenAPI describes an answer: its shape, and an example."""
    description = " ".join((model.__doc__ or "").split())
    content = {JSON: {"example": example_of(model)}}
    return {status: {"model": model, "description": description, "content": content}}
