"""What a form of ours sends, read; what another site makes a browser send is refused.

There is no login that a request could prove: whose page it comes from is all there is to check.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

FORM = "application/x-www-form-urlencoded"
BYTES_MAX = 8_192
FIELDS_MAX = 20

Form = dict[str, str]


async def own_form(request: Request) -> Form:
    """Return the fields of a form that one of our own pages sent.

    Raises:
        HTTPException: it comes from elsewhere, is too large, or is no form.
    """
    if not is_from_here(request):
        raise HTTPException(HTTPStatus.FORBIDDEN)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    text = await _read(request)
    try:
        fields = parse_qs(text.decode(), keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY) from None
    return {name: values[-1] for name, values in fields.items()}


OwnForm = Annotated[Form, Depends(own_form)]


def is_from_here(request: Request) -> bool:
    """Tell whether a browser says that a page of this very address sent a request.

    `Origin` must be this address; `Sec-Fetch-Site`, where a browser sends it, must agree.
    """
    origin = urlsplit(request.headers.get("origin", ""))
    is_same = bool(origin.netloc) and origin.netloc == request.headers.get("host")
    return is_same and request.headers.get("sec-fetch-site", "same-origin") == "same-origin"


async def _read(request: Request) -> bytes:
    text = b""
    async for part in request.stream():
        text += part
        if len(text) > BYTES_MAX:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return text
