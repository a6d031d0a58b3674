"""What differs between two documents is told, all of it and nothing else."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given as examples
from hypothesis import settings
from hypothesis import strategies as st

from audit.difference_words import in_words
from audit.differences import Change, differences
from audit.replay import Step, replayed
from tests.examples import share
from tests.given import given

Json = Any
PROMISED = """
2026-03-02T10:00 order.placed order_id=O-2 account_no:7731
2026-03-02T10:01 promise.made promise_id=P-2 what=software order_id=O-2 due_within=PT24H
"""
scalars = st.none() | st.booleans() | st.integers(-2, 3) | st.sampled_from(["a", "b", "a/b", "~"])
things = st.fixed_dictionaries(
    {"promise_id": st.sampled_from("PQR")}, optional={"state": scalars, "refs": st.just({})}
)
documents = st.recursive(
    scalars | things,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab/~", max_size=3), inner),
    max_leaves=12,
)


def at(document: Json, pointer: str) -> Json:
    """Return what an RFC 6901 pointer leads to."""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        document = document[int(name)] if isinstance(document, list) else document[name]
    return document


def text(document: Json) -> str:
    """Return a document as JSON, in which values that differ have different texts."""
    return json.dumps(document, sort_keys=True)


@examples(documents, documents)
def test_no_change_means_equal_documents(before: Json, after: Json) -> None:
    """Changes are found where, and only where, the two are not the same."""
    assert (differences(before, after) == []) == (text(before) == text(after))
    assert differences(after, after) == []


@examples(documents, documents)
def test_every_pointer_leads_to_its_value(before: Json, after: Json) -> None:
    """What was removed is found in the earlier document, everything else in the later one."""
    for change in differences(before, after):
        if change.kind == "removed":
            assert text(at(before, change.pointer)) == text(change.before)
        elif change.kind != "reordered":
            assert text(at(after, change.pointer)) == text(change.after)


def test_elements_are_known_by_their_ids() -> None:
    """A promise that stands elsewhere in the list is still the same promise."""
    before = {"promises": [{"promise_id": "A", "state": "open"}, {"promise_id": "B"}]}
    after = {"promises": [{"promise_id": "B"}, {"promise_id": "A", "state": "broken"}]}
    changed, moved = differences(before, after)
    assert changed.to_json() == {
        "kind": "changed",
        "pointer": "/promises/1/state",
        "before": "open",
        "after": "broken",
    }
    assert moved == Change("reordered", "/promises", ("promises",), ["A", "B"], ["B", "A"])


def test_a_broken_promise_is_said_in_words() -> None:
    """Sentences name the thing and both of its states."""
    told = given(PROMISED)
    before, after = told.then("2026-03-02T11:00"), told.then("2026-03-05T15:00")
    sentences = [in_words(change) for change in differences(before, after)]
    assert "promise P-2 state: due soon → broken" in sentences
    assert any(one and one.startswith("banner PROMISE_BROKEN appears: ") for one in sentences)
    assert "promise P-2 overdue: 0 s → 190740 s" in sentences


def test_a_time_is_said_with_its_unit() -> None:
    """The unit stands with the value and not in the name, wherever the name has it."""
    before, after = {"metrics": {"wait_s_total": 9}}, {"metrics": {"wait_s_total": 549}}
    (change,) = differences(before, after)
    assert in_words(change) == "wait total: 9 s → 549 s"


def test_a_replay_tells_what_each_event_did() -> None:
    """Each step has what its own event changed; the last brief follows from all of them."""
    told = given(PROMISED)
    steps = list(replayed([1, 2], lambda at_: told.then("2026-03-05T15:00", known_at=at_)))
    assert [step.position for step in steps] == [1, 2]
    assert ("orders", "O-2") in [change.where for change in steps[0].changes]
    assert ("promises", "P-2") in [change.where for change in steps[1].changes]


@settings(max_examples=share(0.06))
@examples(st.lists(st.integers(0, 3), min_size=1, max_size=8), st.data())
def test_what_others_did_is_told_apart(known: list[int], data: st.DataObject) -> None:
    """Between own events, a change is a step of its own and never an own event's."""
    mine = sorted(data.draw(st.sets(st.integers(1, len(known)))))
    values = [0, *known]
    steps = list(replayed(mine, lambda position: {"value": values[position]}))
    assert [step.position for step in steps if not step.by_others] == mine
    for step in steps:
        assert step.changes or not step.by_others
        if not step.by_others:
            moved = values[step.position] != values[step.position - 1]
            assert bool(step.changes) == moved
    assert all(isinstance(step, Step) for step in steps)
