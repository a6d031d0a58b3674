"""The CloudEvents 1.0 envelope: the attributes around `data` and their rules.

Promise: every attribute is either one of the named ones or an extension that is kept as received.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.events.checks import prose, refusal
from domain.events.values import EventName, Moment, ReadBy, Text

MEDIA_TYPE_CHARS_MAX = 256
SEQUENCE_CHARS_MAX = 128
EXTENSION_INTEGER_MAX = 2**31 - 1  # CloudEvents: Integer is a signed 32-bit number
JSON_MEDIA_TYPE = "application/json"

_JSON_TYPE = re.compile(r"[\w.+-]+/(?:[\w.-]+\+)?json[ \t]*(?:;.*)?", re.ASCII | re.IGNORECASE)


def _media_type(value: Any) -> str:
    if type(value) is not str:
        raise refusal("must be a string")
    if len(value) > MEDIA_TYPE_CHARS_MAX or not _JSON_TYPE.fullmatch(prose(value)):
        raise refusal("must be a JSON media type, such as application/json")
    return value


def _sequence(value: Any) -> str:
    if type(value) is int and abs(value) <= EXTENSION_INTEGER_MAX:
        return str(value)
    if type(value) is not str or not 1 <= len(value) <= SEQUENCE_CHARS_MAX:
        raise refusal(f"must be a string of 1 to {SEQUENCE_CHARS_MAX} characters")
    return prose(value)


def _extension(value: Any) -> str | int | bool:
    if type(value) is str:
        return prose(value)
    if type(value) is bool:
        return value
    if type(value) is int and abs(value) <= EXTENSION_INTEGER_MAX:
        return value
    raise refusal("must be a string, a 32-bit integer or a boolean")


MediaType = Annotated[str, ReadBy(_media_type, {"type": "string"})]
Sequence = Annotated[str, ReadBy(_sequence, {"type": ["string", "integer"]})]
ExtensionName = Annotated[str, Field(pattern=r"^[a-z0-9]{1,20}$")]
Extension = Annotated[
    str | int | bool, ReadBy(_extension, {"type": ["string", "integer", "boolean"]})
]


class Envelope(BaseModel):
    """The attributes of one event; everything that is not named here is an extension."""

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)
    __pydantic_extra__: dict[ExtensionName, Extension]

    specversion: Literal["1.0"]
    id: EventName
    source: EventName
    type: Annotated[str, Field(strict=True)]
    time: Moment
    data: Any
    subject: Text | None = None
    sequence: Sequence | None = None
    datacontenttype: MediaType | None = None
    dataschema: Text | None = None

    @property
    def has_plain_media_type(self) -> bool:
        """Whether the media type says nothing but what holds without it."""
        if self.datacontenttype is None:
            return False
        return self.datacontenttype.partition(";")[0].strip().lower() == JSON_MEDIA_TYPE
