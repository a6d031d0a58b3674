"""Coverage: policies, benefits, authorisations, encounters and claims."""

from typing import Literal

from domain.events.event import EventData
from domain.events.values import Adjustment, Count, Id, Moment, Name, Text, Truth


class PolicyIssued(EventData):
    """A policy began."""

    TOPIC = "toldonce.policy.issued.v1"
    policy_id: Id
    valid_to: Moment
    valid_from: Moment | None = None
    product: Text | None = None


class PolicyRenewed(EventData):
    """A policy was prolonged."""

    TOPIC = "toldonce.policy.renewed.v1"
    policy_id: Id
    valid_to: Moment
    valid_from: Moment | None = None
    product: Text | None = None


class PolicyTermsDisclosed(EventData):
    """The customer was told terms of the policy."""

    TOPIC = "toldonce.policy.terms_disclosed.v1"
    policy_id: Id
    terms: tuple[Name, ...]
    channel: Text


class PolicyRenewalOffered(EventData):
    """The customer was offered to prolong the policy."""

    TOPIC = "toldonce.policy.renewal_offered.v1"
    policy_id: Id


class CoverageEligibilityChecked(EventData):
    """A payer was asked what it covers."""

    TOPIC = "toldonce.coverage.eligibility_checked.v1"
    purpose: Literal["validation", "discovery", "benefits", "auth_requirements"]
    result: Text
    payer: Text | None = None
    member_id: Id | None = None


class PreauthorizationRequested(EventData):
    """A payer was asked to agree beforehand."""

    TOPIC = "toldonce.preauthorization.requested.v1"
    preauthorization_id: Id
    service: Text
    provider_id: Id


class PreauthorizationDecided(EventData):
    """A payer agreed beforehand, or did not."""

    TOPIC = "toldonce.preauthorization.decided.v1"
    preauthorization_id: Id
    outcome: Literal["approved", "denied"]
    valid_to: Moment | None = None


class EncounterCompleted(EventData):
    """The customer was treated."""

    TOPIC = "toldonce.encounter.completed.v1"
    encounter_id: Id
    condition_code: Text
    provider_id: Id
    in_network: Truth


class ClaimSubmitted(EventData):
    """A claim reached the payer."""

    TOPIC = "toldonce.claim.submitted.v1"
    claim_id: Id


class ClaimReviewOpened(EventData):
    """The payer looks closer at the claim."""

    TOPIC = "toldonce.claim.review_opened.v1"
    claim_id: Id
    reason: Text
    occurrence_no: Count | None = None


class ClaimDecided(EventData):
    """The payer said what it pays, and what it takes off for which reason."""

    TOPIC = "toldonce.claim.decided.v1"
    claim_id: Id
    outcome: Text
    adjustments: tuple[Adjustment, ...]
