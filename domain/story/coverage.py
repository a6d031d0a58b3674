"""Policies, what was disclosed of their terms, payments, benefits found, and claims decided.

Promise: what was disclosed, paid and found keeps its time, so that a brief can say what came first.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Raw, field

from domain.events import (
    ClaimDecided,
    ClaimReviewOpened,
    ClaimSubmitted,
    CoverageEligibilityChecked,
    EncounterCompleted,
    EventData,
    PaymentCaptured,
    PolicyIssued,
    PolicyRenewalOffered,
    PolicyRenewed,
    PolicyTermsDisclosed,
)
from domain.story.cite import Cite, Step
from domain.story.saved import Saved
from domain.story.shelf import Shelved

if TYPE_CHECKING:
    from domain.story.story import Story

FOUND_LATE = timedelta(days=30)
POSITIVE = frozenset(
    {"active", "covered", "coverage_found", "eligible", "found", "positive", "verified", "yes"}
)
NEGATIVE = frozenset(
    {"denied", "inactive", "ineligible", "negative", "no", "no_coverage", "none", "not_covered",
     "not_eligible", "not_found", "terminated", "unknown"}
)  # fmt: skip
ClaimEvent = ClaimSubmitted | ClaimReviewOpened | ClaimDecided


class Payment(NamedTuple):
    """What the customer paid, as text with its currency."""

    amount: str
    cite: Cite


class Found(NamedTuple):
    """Coverage that was discovered only after the customer had paid."""

    payer: str | None
    member_id: str | None
    payments: list[Payment]
    cite: Cite


class Cut(NamedTuple):
    """What a decision took off a claim, and why."""

    reason: str
    percent: int | float


class Policy(Saved):
    """One policy; `disclosed` says when each of its terms was first disclosed."""

    policy_id: str
    first: Cite
    product: str | None = None
    valid_to: datetime | None = None
    valid_since: Cite | None = None
    renewal_offered: Cite | None = None
    disclosed: dict[str, Cite] = {}


class Claim(Saved):
    """One claim and the decision on it."""

    claim_id: str
    first: Cite
    encounter_id: str | None = None
    policy_id: str | None = None
    cuts: list[Cut] = []
    decided: Cite | None = None


class Coverage(Saved):
    """All that is known of the customer's coverage; only recent payments are kept."""

    policies = Shelved(Policy)
    shelved_policies: dict[str, Raw] = field(default_factory=dict, name="policies")
    encounters: dict[str, Cite] = {}
    claims = Shelved(Claim)
    shelved_claims: dict[str, Raw] = field(default_factory=dict, name="claims")
    recent_payments: list[Payment] = []
    found: list[Found] = []


def valid(story: "Story", data: PolicyIssued | PolicyRenewed, *, cite: Cite) -> None:
    """Keep until when the policy runs."""
    policy = _policy(story, data.policy_id, cite=cite)
    policy.valid_to = data.valid_to
    policy.product = data.product or policy.product
    policy.valid_since = cite
    policy.renewal_offered = None


def renewal_offered(story: "Story", data: PolicyRenewalOffered, *, cite: Cite) -> None:
    """Note that the customer was asked."""
    _policy(story, data.policy_id, cite=cite).renewal_offered = cite


def terms_disclosed(story: "Story", data: PolicyTermsDisclosed, *, cite: Cite) -> None:
    """Note when each term was disclosed first."""
    policy = _policy(story, data.policy_id, cite=cite)
    for term in data.terms:
        policy.disclosed.setdefault(term, cite)


def paid(story: "Story", data: PaymentCaptured, *, cite: Cite) -> None:
    """Remember the payment as long as a discovery after it matters."""
    amount = f"{data.amount.amount} {data.amount.currency}"
    coverage = story.coverage
    coverage.recent_payments = _recent(coverage, cite.at) + [Payment(amount, cite)]


def checked(story: "Story", data: CoverageEligibilityChecked, *, cite: Cite) -> None:
    """Note coverage that was found after a payment."""
    payments = _recent(story.coverage, cite.at)
    if payments and is_positive_discovery(data):
        story.coverage.found.append(Found(data.payer, data.member_id, payments, cite))


def is_positive_discovery(data: CoverageEligibilityChecked) -> bool:
    """Tell whether a check found coverage; results are free text, so the usual words decide."""
    result = data.result.strip().casefold().replace(" ", "_")
    found = result in POSITIVE or (data.member_id is not None and result not in NEGATIVE)
    return data.purpose == "discovery" and found


def encountered(story: "Story", data: EncounterCompleted, *, cite: Cite) -> None:
    """Note when the customer was treated."""
    story.coverage.encounters.setdefault(data.encounter_id, cite)


def claimed(story: "Story", data: ClaimEvent, *, cite: Cite) -> None:
    """Take the claim down."""
    _claim(story, data, cite=cite)


def decided(story: "Story", data: ClaimDecided, *, cite: Cite) -> None:
    """Keep the newest decision."""
    claim = _claim(story, data, cite=cite)
    claim.cuts = [Cut(a.reason, a.percent) for a in data.adjustments]
    claim.decided = cite


def _policy(story: "Story", policy_id: str, *, cite: Cite) -> Policy:
    return story.coverage.policies.setdefault(policy_id, Policy(policy_id, cite))


def _claim(story: "Story", data: ClaimEvent, *, cite: Cite) -> Claim:
    claim = story.coverage.claims.setdefault(data.claim_id, Claim(data.claim_id, cite))
    claim.encounter_id = claim.encounter_id or data.encounter_id
    claim.policy_id = claim.policy_id or data.policy_id
    return claim


def _recent(coverage: Coverage, now: datetime) -> list[Payment]:
    return [p for p in coverage.recent_payments if p.cite.at >= now - FOUND_LATE]


STEPS: dict[type[EventData], Step] = {
    PolicyIssued: valid,
    PolicyRenewed: valid,
    PolicyRenewalOffered: renewal_offered,
    PolicyTermsDisclosed: terms_disclosed,
    PaymentCaptured: paid,
    CoverageEligibilityChecked: checked,
    EncounterCompleted: encountered,
    ClaimSubmitted: claimed,
    ClaimReviewOpened: claimed,
    ClaimDecided: decided,
}
