"""What a form of ours sends, read; what another site makes a browser send is refused.

There is no login that a request could prove: whose page it comes from is all there is to check.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from readers.own_site import is_origin

FORM = "application/x-www-form-urlencoded"
BYTES_MAX = 8_192
FIELDS_MAX = 20

Form = dict[str, str]


async def own_form(request: Request) -> Form:
    """Return the fields of a form that one of our own pages sent.

    Raises:
        HTTPException: it comes from elsewhere, is too large, or is no form.
    """
    # What a browser says of other sites was heard before; here it must say that the page is ours.
    if not is_origin(request.headers):
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


async def _read(request: Request) -> bytes:
    text = b""
    async for part in request.stream():
        text += part
        if len(text) > BYTES_MAX:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return text
