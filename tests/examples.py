"""How many examples a property has whose examples cost much: a share of what the profile wants."""

from hypothesis import settings


def share(part: float) -> int:
    """Return how many that share of the profile's examples is, at least two."""
    profile = settings.default or settings()
    return max(2, round(profile.max_examples * part))
