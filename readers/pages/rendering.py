"""Documents from templates, with the headers that every page has.

Promise: whatever an event states is text on a page, never markup, never a script, never an address
that is loaded; what would turn the direction of text or hide in it is shown as unreadable.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from domain.brief import said
from domain.brief.shape import stamp
from domain.identity.masking import masked
from domain.sentences import phrases, words
from readers.positions import HEADER

HERE = Path(__file__).parent
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
"""Nothing is loaded from elsewhere, and nothing that stands in a page itself is run."""
PRIVATE = {"Cache-Control": "no-store"}


def page(template: str, *, status: int = 200, **model: Any) -> HTMLResponse:
    """Render a template; a `position` in the model is named in the headers too."""
    text = ENVIRONMENT.get_template(template).render(model)
    position = model.get("position")
    rests_on = {} if position is None else {HEADER: str(position)}
    return HTMLResponse(text, status, {**SECURITY, **PRIVATE, **rests_on})


def shown(value: Any) -> Any:
    """Return what is written where a template names a value."""
    return words.plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def lines(text: str) -> Markup:
    """Return text of several lines as such, each made harmless."""
    return Markup("\n").join(words.plain(line) for line in text.splitlines())


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "clock": words.clock,
        "coded": phrases.coded,
        "count": phrases.count,
        "date": words.day,
        "plain": words.plain,
        "related": phrases.related,
        "seconds_to": words.seconds_between,
        "spaced": words.spaced,
        "span": words.span,
        "stamp": stamp,
        "when": words.when,
        "when_about": words.when_about,
        "lines": lines,
        "masked": masked,
    }
    environment.globals |= {"said": said}
    return environment


ENVIRONMENT = _environment()
