"""Identifiers that are to be recognised and not read."""

import pytest

from domain.handles import Handle
from domain.identity.masking import masked


@pytest.mark.parametrize(
    ("value", "others", "said"),
    [
        ("LAB-48213", [], "…213"),
        ("LAB-48213", ["LAB-90001"], "…213"),
        ("LAB-48213", ["LAB-47213"], "…8213"),
        ("LAB-48213", ["XXX-48213"], "…8213"),
        ("7731", [], "…31"),
        ("12", [], "…2"),
        ("1", [], "…"),
    ],
)
def test_only_the_end_is_shown_and_never_more_than_half(
    value: str, others: list[str], said: str
) -> None:
    """As much as tells it from the others, where half of it suffices for that."""
    handle = Handle("account_no", value)
    assert masked(handle, [handle, *(Handle("account_no", other) for other in others)]) == said
