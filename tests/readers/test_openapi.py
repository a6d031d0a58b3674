"""What is described is what is answered: shapes, examples, and every operation with its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.readers.desk import Desk

Json = dict[str, Any]


def operations(document: Json) -> Iterator[tuple[str, Json]]:
    """Yield every operation with its name."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


@pytest.fixture
def document(desk: Desk) -> Json:
    """Return the document of everything that is served."""
    found: Json = desk.get("/openapi.json").json()
    return found


def examples(content: Json) -> list[Any]:
    """Return the examples of a body."""
    named = [one["value"] for one in content.get("examples", {}).values()]
    return named + ([content["example"]] if "example" in content else [])


def test_every_answer_has_an_example_that_fits_its_shape(document: Json) -> None:
    """Whoever reads the document sees what comes, of successes and of problems."""
    for name, operation in operations(document):
        for status, answer in operation["responses"].items():
            for kind, content in answer.get("content", {}).items():
                if kind == "application/octet-stream":
                    continue
                shape = content["schema"] | {"components": document["components"]}
                assert examples(content), (name, status, kind)
                for example in examples(content):
                    errors = list(Draft202012Validator(shape).iter_errors(example))
                    assert not errors, (name, status, errors[0])


def test_no_shape_is_named_after_a_module(document: Json) -> None:
    """Two shapes of one name would be told apart by where they stand, which is nobody's concern."""
    assert [name for name in document["components"]["schemas"] if "__" in name] == []


def test_the_documentation_loads_nothing_from_anywhere(desk: Desk, document: Json) -> None:
    """One page that names every operation, without a script, a style or a picture to fetch."""
    page = desk.get("/docs")
    for name, _ in operations(document):
        method, path = name.split()
        assert f"{method.upper()} {path}" in page.text
    assert "src=" not in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
