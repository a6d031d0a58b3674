"""The banners of a brief: severity first, then newest evidence, then the order of the contract."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from domain.brief.banners import conflicts, contacts, coverage, identity, issues, orders, promises
from domain.brief.banners.banner import Banner
from domain.brief.reading import Reading

__all__ = ["RULES", "Banner", "banners"]

RULES: tuple[Callable[[Reading], Iterator[Banner]], ...] = (
    promises.broken,
    promises.refused,
    contacts.cut_off,
    issues.repeat_contact,
    orders.deadline_at_risk,
    orders.delivery_missing,
    conflicts.delivered_before_missed,
    conflicts.time_not_supported,
    issues.no_owner,
    coverage.terms_not_disclosed,
    coverage.found_after_payment,
    identity.match_uncertain,
    identity.merge_reversed,
)
_SEVERITIES = ("critical", "warning", "info")
_NEVER = datetime.min.replace(tzinfo=UTC)


def banners(reading: Reading) -> list[Banner]:
    """Return all banners that hold; the first one is the headline."""
    found = [banner for rule in RULES for banner in rule(reading)]
    # both sorts are stable: within one severity and time the order of the contract stays
    newest_first = sorted(found, key=_newest, reverse=True)
    return sorted(newest_first, key=lambda banner: _SEVERITIES.index(banner.severity))


def _newest(banner: Banner) -> datetime:
    return max((cite.at for cite in banner.cites), default=_NEVER)
