"""The CloudEvents 1.0 envelope: the attributes around `data` and their rules.

Promise: every attribute is either one of the named ones or an extension that is kept as received.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from domain.events.checks import TEXT_CHARS_MAX, moment, prose, refusal
from domain.events.values import EVENT_NAME_CHARS_MAX, EventName, Moment, ReadBy, Text

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


_NAMED = frozenset(Envelope.model_fields)
_AT_SIGHT = frozenset(("specversion", "id", "source", "type", "time", "data", "subject"))
_EXTENSION_NAME = re.compile(r"[a-z0-9]{1,20}", re.ASCII)


class Attributes(NamedTuple):
    """What an envelope says, checked."""

    id: str
    source: str
    type: str
    time: datetime
    data: Any
    subject: str | None
    sequence: str | None
    extensions: Mapping[str, str | int | bool]
    has_plain_media_type: bool
    """Whether a media type is given, and says nothing but what holds without it."""


def attributes_of(members: dict[str, Any]) -> Attributes:
    """Check an envelope by its rules.

    Raises:
        ValidationError: it is not as it must be.
    """
    found = Envelope.__pydantic_validator__.validate_python(members)
    return Attributes(
        found.id,
        found.source,
        found.type,
        found.time,
        found.data,
        found.subject,
        found.sequence,
        found.__pydantic_extra__,
        _is_plain(found.datacontenttype),
    )


def attributes_at_sight(members: dict[str, Any]) -> Attributes | None:
    """Return what `attributes_of` would of nearly every envelope, in half of its time.

    None wherever that is not certain: then the rules themselves are to be asked.
    """
    extensions: dict[str, str | int | bool] = {}
    for name, value in members.items():
        if name in _AT_SIGHT:
            continue
        if name in _NAMED or not _EXTENSION_NAME.fullmatch(name):
            return None
        if type(value) is not str or len(value) > TEXT_CHARS_MAX or not value.isprintable():
            return None
        extensions[name] = value
    given: Callable[[str], Any] = members.get
    id_, source, type_, subject = given("id"), given("source"), given("type"), given("subject")
    is_sure = type(type_) is str and given("specversion") == "1.0" and "data" in members
    if not (is_sure and _is_plain_name(id_) and _is_plain_name(source)):
        return None
    if subject is not None and not _is_plain_name(subject):
        return None
    try:
        time = moment(given("time"))
    except PydanticCustomError:
        return None
    data = members["data"]
    return Attributes(id_, source, type_, time, data, subject, None, extensions, False)


def _is_plain_name(value: Any) -> bool:
    """Say whether a text is one that every rule for texts allows, whichever it is."""
    return type(value) is str and 0 < len(value) <= EVENT_NAME_CHARS_MAX and value.isprintable()


def _is_plain(media_type: str | None) -> bool:
    if media_type is None:
        return False
    return media_type.partition(";")[0].strip().lower() == JSON_MEDIA_TYPE
