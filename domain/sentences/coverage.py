"""How policies, eligibility, authorisations, encounters and claims read."""

from domain.events import (
    ClaimDecided,
    ClaimReviewOpened,
    ClaimSubmitted,
    CoverageEligibilityChecked,
    EncounterCompleted,
    PolicyIssued,
    PolicyRenewalOffered,
    PolicyRenewed,
    PolicyTermsDisclosed,
    PreauthorizationDecided,
    PreauthorizationRequested,
)
from domain.sentences.phrases import coded, listed, moment, spoken
from domain.sentences.template import Templates, value, with_


def _issued(data: PolicyIssued) -> str:
    return f"Policy {data.policy_id}{_product(data)} was issued, valid {_validity(data)}"


def _renewed(data: PolicyRenewed) -> str:
    return f"Policy {data.policy_id}{_product(data)} was renewed, valid {_validity(data)}"


def _product(data: PolicyIssued | PolicyRenewed) -> str:
    return f" ({data.product})" if data.product else ""


def _validity(data: PolicyIssued | PolicyRenewed) -> str:
    since = f"from {moment(data.valid_from)} " if data.valid_from else ""
    return f"{since}until {moment(data.valid_to)}"


def _terms_disclosed(data: PolicyTermsDisclosed) -> str:
    terms = listed(map(spoken, data.terms))
    return f"Terms of policy {data.policy_id} were disclosed by {coded(data.channel)}: {terms}"


def _renewal_offered(data: PolicyRenewalOffered) -> str:
    return f"Renewal of policy {data.policy_id} was offered"


def _eligibility_checked(data: CoverageEligibilityChecked) -> str:
    purpose = spoken(data.purpose)
    member = with_(", member", data.member_id)
    result = coded(data.result)
    return f"Coverage was checked ({purpose}){with_(' with', data.payer)}: {result}{member}"


def _requested(data: PreauthorizationRequested) -> str:
    policy = with_(" under policy", data.policy_id)
    return (
        f"Preauthorization {data.preauthorization_id} was requested{policy}: "
        f"{coded(data.service)} with {data.provider_id}"
    )


def _preauthorization_decided(data: PreauthorizationDecided) -> str:
    until = f", valid until {moment(data.valid_to)}" if data.valid_to else ""
    return f"Preauthorization {data.preauthorization_id} was {data.outcome}{until}"


def _encountered(data: EncounterCompleted) -> str:
    network = "in network" if data.in_network else "out of network"
    return (
        f"Was treated by {data.provider_id} ({network}) for {data.condition_code} "
        f"(encounter {data.encounter_id})"
    )


def _submitted(data: ClaimSubmitted) -> str:
    encounter = with_(" for encounter", data.encounter_id)
    return f"Claim {data.claim_id} was submitted{encounter}{with_(' under policy', data.policy_id)}"


def _review_opened(data: ClaimReviewOpened) -> str:
    occurrence = with_(", occurrence", data.occurrence_no)
    return f"Claim {data.claim_id} went into review: {coded(data.reason)}{occurrence}"


def _decided(data: ClaimDecided) -> str:
    cuts = [f"{value(a.percent)} % for {coded(a.reason)}" for a in data.adjustments]
    adjusted = f", adjusted by {listed(cuts)}" if cuts else ""
    return f"Claim {data.claim_id} was decided: {coded(data.outcome)}{adjusted}"


TEMPLATES: Templates = {
    PolicyIssued: _issued,
    PolicyRenewed: _renewed,
    PolicyTermsDisclosed: _terms_disclosed,
    PolicyRenewalOffered: _renewal_offered,
    CoverageEligibilityChecked: _eligibility_checked,
    PreauthorizationRequested: _requested,
    PreauthorizationDecided: _preauthorization_decided,
    EncounterCompleted: _encountered,
    ClaimSubmitted: _submitted,
    ClaimReviewOpened: _review_opened,
    ClaimDecided: _decided,
}
