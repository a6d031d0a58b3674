"""Coverage that was found too late, and terms that nobody had disclosed."""

from collections.abc import Iterator

from domain.brief.banners.banner import Banner
from domain.brief.reading import Reading
from domain.sentences.phrases import coded, listed, moment
from domain.story.cite import Cite
from domain.story.coverage import Claim, Coverage, Cut


def terms_not_disclosed(reading: Reading) -> Iterator[Banner]:
    """Say of every claim which adjustments rest on terms that were not disclosed in time."""
    coverage = reading.story.coverage
    for claim in coverage.claims.values():
        if claim.decided is None:
            continue
        treated = coverage.encounters.get(claim.encounter_id or "", claim.first)
        cuts = [c for c in claim.cuts if not _is_disclosed(coverage, claim, cut=c, before=treated)]
        if cuts:
            text = (
                f"Claim {claim.claim_id} was adjusted on {moment(claim.decided.at)} for terms not "
                f"disclosed before {moment(treated.at)}: {listed(_cut(c) for c in cuts)}."
            )
            cites = tuple(sorted({claim.decided, treated}))
            yield Banner("TERMS_NOT_DISCLOSED", "critical", text, cites)


def found_after_payment(reading: Reading) -> Iterator[Banner]:
    """Say of every discovery of coverage what had been paid before it."""
    for found in reading.story.coverage.found:
        paid = listed(f"{p.amount} on {moment(p.cite.at)}" for p in found.payments)
        of = f" ({found.payer})" if found.payer else ""
        member = f", member {found.member_id}," if found.member_id else ""
        text = (
            f"Coverage{of}{member} was found on {moment(found.cite.at)}, "
            f"after the customer had paid {paid}."
        )
        cites = (*(payment.cite for payment in found.payments), found.cite)
        yield Banner("COVERAGE_FOUND_AFTER_PAYMENT", "warning", text, cites)


def _is_disclosed(coverage: Coverage, claim: Claim, *, cut: Cut, before: Cite) -> bool:
    policies = coverage.policies.values()
    told = [
        policy.disclosed[cut.reason]
        for policy in policies
        if cut.reason in policy.disclosed and claim.policy_id in (None, policy.policy_id)
    ]
    return any(cite.at < before.at for cite in told)


def _cut(cut: Cut) -> str:
    return f"{coded(cut.reason)} ({cut.percent} %)"
