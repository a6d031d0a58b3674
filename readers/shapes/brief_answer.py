"""The shape of a brief as OpenAPI describes it; the contract says what each member means."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from readers.shapes.answers import Answer, Evidence, Incomplete, KnownNamed, Position


class Clue(Answer):
    """What somebody was asked for by."""

    type: Annotated[str, Field(examples=["phone"])]
    value: Annotated[str, Field(examples=["+17175550142"])]


class MatchAnswer(Answer):
    """How surely it is known who is meant."""

    level: Literal["known", "maybe", "unknown"]
    by: list[Clue]
    candidates: int


class WhoAnswer(Answer):
    """Who it is."""

    match: MatchAnswer
    name: str | None
    customer_since: AwareDatetime | None
    tenure_years: int | None
    segments: list[str]
    identifiers: list[KnownNamed]


class BannerAnswer(Answer):
    """What must not be overlooked."""

    code: Annotated[str, Field(examples=["REPEAT_CONTACT"])]
    severity: Literal["critical", "warning", "info"]
    text: str
    evidence: list[Evidence]


class HypothesisAnswer(Answer):
    """What could be the cause."""

    hypothesis: str
    result: Annotated[str, Field(examples=["untested"])]


class RemedyAnswer(Answer):
    """What was done to put it right."""

    remedy_id: str
    kind: str | None
    what: str | None
    state: Annotated[str, Field(examples=["offered"])]


class IssueAnswer(Answer):
    """Something that is wrong, or was."""

    issue_id: Annotated[str, Field(examples=["I-1"])]
    state: Literal["open", "resolved"]
    category: str | None
    since: AwareDatetime
    told_count: int
    contacts: int
    our_actions: int
    owner: str | None
    parties: list[str]
    hypotheses: list[HypothesisAnswer]
    remedies: list[RemedyAnswer]
    evidence: list[Evidence]


class OwedAnswer(Answer):
    """A promise, as it stands at the moment of the brief."""

    promise_id: Annotated[str, Field(examples=["P-1"])]
    what: str | None
    due_at: AwareDatetime | None
    state: Annotated[str, Field(examples=["broken"])]
    overdue_s: int
    refs: Annotated[dict[str, str], Field(examples=[{"order_id": "O-2"}])]
    evidence: list[Evidence]


class KnownAnswer(Answer):
    """A value that was told, with its origin."""

    value: str
    observed_at: AwareDatetime
    location_id: str | None
    verified: bool
    evidence: list[Evidence]


class DeadlineAnswer(Answer):
    """By when it is needed, and how much later it comes."""

    need_by: AwareDatetime
    late_by_s: int | None


class AttemptAnswer(Answer):
    """An attempt to deliver."""

    attempt_no: int
    delivery_id: str
    state: Annotated[str, Field(examples=["in_transit"])]


class JobAnswer(Answer):
    """Work behind an order."""

    job_id: str
    state: str
    eta: AwareDatetime | None


class OrderAnswer(Answer):
    """An order with its deliveries and jobs."""

    order_id: str | None
    delivered: bool
    deadline: DeadlineAnswer | None
    attempts: list[AttemptAnswer]
    jobs: list[JobAnswer]


class AheadAnswer(Answer):
    """Something that lies ahead."""

    kind: str
    at: AwareDatetime | None
    text: str
    ref: str


class NoteAnswer(Answer):
    """What was noted for whoever takes over."""

    note_id: str
    tried: list[str]
    measured: list[str]
    ruled_out: list[str]
    next_step: str | None


class ContactAnswer(Answer):
    """A contact."""

    contact_id: Annotated[str, Field(examples=["C-1"])]
    channel: str | None
    direction: str | None
    started_at: AwareDatetime | None
    agents: list[str]
    ivr_s: int
    wait_s: int
    ended_by: str | None
    resolution: str | None
    handoff_notes: list[NoteAnswer]


class MetricsAnswer(Answer):
    """What it took so far."""

    contacts_5d: int
    repeat_contacts: int
    distinct_agents: int
    ivr_s: int
    wait_s_total: int
    time_to_answer_s: int | None
    redundant_questions: int
    handoffs_without_note: int


class BriefAnswer(Answer):
    """What a person sees when a customer calls."""

    customer_id: UUID | None
    as_of: AwareDatetime
    known_at: Position
    events_considered: int
    events_hidden: int
    incomplete_since: Incomplete
    who: WhoAnswer
    headline: str | None
    headline_evidence: list[Evidence]
    banners: list[BannerAnswer]
    issues: list[IssueAnswer]
    promises: list[OwedAnswer]
    known: dict[str, KnownAnswer]
    do_not_ask: list[str]
    confirm: list[str]
    missing: list[str]
    orders: list[OrderAnswer]
    upcoming: list[AheadAnswer]
    last_contacts: list[ContactAnswer]
    metrics: MetricsAnswer
