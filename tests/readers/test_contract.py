"""Whatever is asked within or beyond the document, the answer is one that the document names."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cli.following import following
from tests.readers.desk import Desk

STORY = """
2026-01-01T09:00 order.placed O-1 account_no:7731
2026-01-01T09:05 promise.made P-1 account_no:7731 due_at=2026-01-02 order:O-1
2026-01-02T10:00 contact.started c1 phone:+17175550142 account_no:7731
2026-01-02T10:05 contact.ended c1
"""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 12


SETTINGS = settings(
    max_examples=EXAMPLES,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[*HealthCheck],
    deadline=None,
)


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_answer_is_one_that_the_document_names(desk: Desk, mode: GenerationMode) -> None:
    """No failure of ours, no status, kind or shape of an answer that is not described.

    A stream has no end that one could wait for.
    """
    desk.tell(STORY)
    with following(desk.parts.runner.run_forever, name="projector", on_failure=lambda: None):
        document = schemathesis.openapi.from_asgi("/openapi.json", desk.app)
        for found in document.exclude(path="/v1/stream").get_all_operations():
            ask(found.ok(), mode)


def ask(operation: schemathesis.APIOperation, mode: GenerationMode) -> None:
    """Ask for one operation in many ways."""

    @SETTINGS
    @given(case=operation.as_strategy(generation_mode=mode))
    def answered(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=CHECKS)

    try:
        answered()
    except Unsatisfiable:
        # there is no way to ask that wrongly
        assert mode is GenerationMode.NEGATIVE
