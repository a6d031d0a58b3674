"""Envelopes taken at sight: nothing that the rules would see otherwise."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.envelope import Attributes, Envelope, attributes_at_sight, attributes_of

GOOD = {
    "specversion": "1.0",
    "id": "1",
    "source": "/a",
    "type": "toldonce.contact.started.v1",
    "time": "2026-03-02T10:00:00Z",
    "data": {"contact_id": "c"},
    "traceparent": "00-1-2-03",
}
TEXTS = st.sampled_from(["", " ", "a", "1.0", "\t", "\x00", "\x85", "\ud800", "x" * 256, "x" * 257])
VALUES = (
    TEXTS
    | st.text(max_size=5)
    | st.sampled_from(["application/json", "2026-03-02T10:00:00+01:00", "0001-01-01T00:00:00Z"])
    | st.sampled_from([1, 1.5, True, None, [], {}, "x" * 4096, "x" * 4097])
)
NAMES = st.sampled_from([*Envelope.model_fields, "a", "A", "é", "", "a" * 21, "a\n", "٣"])


@given(changed=st.dictionaries(NAMES, VALUES, max_size=3), left_out=st.sets(NAMES, max_size=1))
def test_an_envelope_taken_at_sight_is_what_the_rules_make_of_it(
    changed: dict[str, Any], left_out: set[str]
) -> None:
    """Whatever stands in it, it is the same or the rules are asked."""
    members = {name: value for name, value in (GOOD | changed).items() if name not in left_out}
    found = attributes_at_sight(members)
    ruled: Attributes | None = None
    with suppress(ValidationError):
        ruled = attributes_of(members)
    assert found is None or found == ruled


def test_nearly_every_envelope_is_taken_at_sight() -> None:
    """Otherwise it would be of no use."""
    assert attributes_at_sight(GOOD) == attributes_of(GOOD)
