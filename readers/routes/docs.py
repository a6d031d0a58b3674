"""The documentation at /docs: the OpenAPI document as one plain page, with nothing to load."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

Json = dict[str, Any]

PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} over HTTP</title>
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }}
body {{ margin: 0 auto; max-width: 60rem; padding: 1rem; }}
code, pre {{ font-family: ui-monospace, monospace; }}
pre {{ overflow-x: auto; padding: .5rem; border: 1px solid; }}
h2 {{ margin-top: 2.5rem; border-top: 1px solid; padding-top: 1rem; overflow-wrap: anywhere; }}
dt {{ font-weight: 600; }}
p, dd {{ white-space: pre-line; }}
</style>
</head>
<body>
<h1>{title} over HTTP</h1>
<p>{description}</p>
<p>For programs: <a href="openapi.json">openapi.json</a>.</p>
<nav aria-label="Operations"><ul>{contents}</ul></nav>
<main>{operations}</main>
</body>
</html>
"""
# The page has a style of its own and nothing else: whatever got into it could load nothing.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

router = APIRouter()


@router.get("/docs", include_in_schema=False)
def docs(request: Request) -> HTMLResponse:
    """Return what can be asked here, for people."""
    document = request.app.openapi()
    operations = list(_operations(document))
    page = PAGE.format(
        title=escape(document["info"]["title"]),
        description=escape(document["info"]["description"]),
        contents="".join(_entry(name) for name, _ in operations),
        operations="".join(_section(name, operation) for name, operation in operations),
    )
    return HTMLResponse(page, headers={"Content-Security-Policy": POLICY})


def examples_of(content: Json) -> list[Any]:
    """Return the examples of a body."""
    named = [one["value"] for one in content.get("examples", {}).values()]
    return named + ([content["example"]] if "example" in content else [])


def _operations(document: Json) -> Iterator[tuple[str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def _entry(name: str) -> str:
    return f'<li><a href="#{_anchor(name)}">{escape(name)}</a></li>'


def _section(name: str, operation: Json) -> str:
    told = escape(operation["description"])
    parameters = "".join(_parameter(one) for one in operation.get("parameters", ()))
    answers = "".join(_answer(*one) for one in operation["responses"].items())
    return (
        f'<section id="{_anchor(name)}"><h2><code>{escape(name)}</code></h2><p>{told}</p>'
        f"<dl>{parameters}</dl>{_examples(operation.get('requestBody', {}))}"
        f"<dl>{answers}</dl></section>"
    )


def _parameter(parameter: Json) -> str:
    told = parameter.get("description", parameter["schema"].get("description", ""))
    need = "" if parameter["required"] else " (optional)"
    return f"<dt><code>{escape(parameter['name'])}</code>{need}</dt><dd>{escape(told)}</dd>"


def _answer(status: str, answer: Json) -> str:
    return f"<dt>{status}</dt><dd>{escape(answer['description'])}{_examples(answer)}</dd>"


def _examples(body: Json) -> str:
    return "".join(
        f"<details><summary>{escape(kind)}</summary><pre>{escape(_text(example))}</pre></details>"
        for kind, content in body.get("content", {}).items()
        for example in examples_of(content)
    )


def _text(example: Any) -> str:
    return example if isinstance(example, str) else json.dumps(example, indent=2)


def _anchor(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name)
