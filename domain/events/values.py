"""The values that events are made of, each with its one rule.

Promise: a scalar is never converted into another ("12" is not 12), every moment is an aware UTC
datetime, and identifiers hold the one form by which they are looked up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    ValidationInfo,
    field_validator,
)
from pydantic_core import core_schema

from domain.events import checks
from domain.handles import Handle
from domain.identifiers import (
    VALUE_CHARS_MAX,
    WEAK_TYPES,
    IdentifierInvalid,
    normalise,
    normalise_kept,
)

ID_CHARS_MAX = 128
EVENT_NAME_CHARS_MAX = 256  # of an event's id and of its source
SECONDS_MAX = 2**31 - 1  # 68 years, and the largest integer column

_SCALARS = [
    {"type": "string", "maxLength": checks.TEXT_CHARS_MAX},
    {"type": "number"},
    {"type": "boolean"},
]


@dataclass(frozen=True, slots=True, eq=False)
class ReadBy:
    """Marks a type that one function reads; its JSON Schema stands beside it."""

    read: Callable[[Any], Any]
    schema: dict[str, Any]

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Validate by the function alone, serialise by what the value is."""
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return the JSON Schema given."""
        return dict(self.schema)


Id = Annotated[str, Field(strict=True, min_length=1, max_length=ID_CHARS_MAX, pattern=checks.PROSE)]
Text = Annotated[
    str,
    Field(strict=True, min_length=1, max_length=checks.TEXT_CHARS_MAX, pattern=checks.PROSE),
]
Name = Annotated[
    str, Field(strict=True, min_length=1, max_length=64, pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")
]
EventName = Annotated[
    str, Field(strict=True, min_length=1, max_length=EVENT_NAME_CHARS_MAX, pattern=checks.PROSE)
]
Sha256 = Annotated[str, Field(strict=True, pattern=r"^[0-9a-f]{64}$")]
Truth = Annotated[bool, Field(strict=True)]
Count = Annotated[int, Field(strict=True, ge=1, le=SECONDS_MAX)]
Seconds = Annotated[int, Field(strict=True, ge=0, le=SECONDS_MAX)]
Number = Annotated[int | float, ReadBy(checks.number, {"type": "number"})]
Scalar = Annotated[str | int | float | bool, ReadBy(checks.scalar, {"anyOf": _SCALARS})]
FactValue = Annotated[
    str | int | float | bool | tuple[str | int | float | bool, ...],
    ReadBy(
        checks.fact_value,
        {"anyOf": [*_SCALARS, {"type": "array", "items": {"anyOf": _SCALARS}}]},
    ),
]
Document = Annotated[dict[str, Any], ReadBy(checks.document, {"type": "object"})]
Moment = Annotated[datetime, ReadBy(checks.moment, {"type": "string", "format": "date-time"})]
Duration = Annotated[timedelta, ReadBy(checks.duration, {"type": "string", "format": "duration"})]
Day = Annotated[date, ReadBy(checks.day, {"type": "string", "format": "date"})]
LocalTime = Annotated[
    time,
    ReadBy(checks.local_time, {"type": "string", "pattern": r"^([01][0-9]|2[0-3]):[0-5][0-9]$"}),
    PlainSerializer(lambda t: f"{t:%H:%M}", return_type=str, when_used="json"),
]
Zone = Annotated[Id, AfterValidator(checks.zone)]

Channel = Literal["voice", "sms", "email", "chat", "letter", "walk_in", "portal"]
Direction = Literal["inbound", "outbound"]
Role = Literal["owner_of", "household", "patient_of", "works_for"]
Visibility = Literal["internal", "customer"]
IdentifierType = Literal["account_no", "customer_id", "member_id", "loyalty_card", "phone", "email"]


class Value(BaseModel):
    """A part of an event's data: frozen, and with no member that the contract does not name."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Identifier(Value):
    """Something observed about a person: a phone is kept as E.164, an e-mail case-folded."""

    type: IdentifierType
    value: Annotated[str, Field(strict=True, max_length=VALUE_CHARS_MAX, pattern=checks.PROSE)]
    issuer: Id | None = None
    verified: Truth | None = None

    @field_validator("value")
    @classmethod
    def _normal(cls, value: str, info: ValidationInfo) -> str:
        kind = info.data.get("type")
        if kind is None:
            return value
        if info.context == checks.TRUSTED:
            return normalise_kept(kind, value)
        try:
            return normalise(kind, value)
        except IdentifierInvalid as invalid:
            raise checks.refusal(str(invalid)) from None

    @field_validator("issuer")
    @classmethod
    def _trimmed(cls, issuer: str | None) -> str | None:
        if issuer is not None and not issuer.strip():
            raise checks.refusal("must not be empty")
        return issuer.strip() if issuer is not None else None

    @property
    def handle(self) -> Handle:
        """The form by which this identifier is looked up: who issued a phone does not matter."""
        issuer = "" if self.issuer is None or self.type in WEAK_TYPES else self.issuer
        return Handle(self.type, self.value, issuer)


class Party(Value):
    """Somebody else whom the event concerns: patient, owner, payer, household member."""

    role: Text
    identifiers: tuple[Identifier, ...]


class Fact(Value):
    """One thing that was told about the customer."""

    field: Name
    value: FactValue


class Money(Value):
    """An exact amount; it never passes through a binary fraction."""

    amount: Annotated[str, Field(strict=True, pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$")]
    currency: Annotated[str, Field(strict=True, pattern=r"^[A-Z]{3}$")]


class Item(Value):
    """One line of an order."""

    name: Text
    quantity: Number
    sku: Text | None = None
    price: Money | None = None

    @field_validator("quantity")
    @classmethod
    def _positive(cls, quantity: int | float) -> int | float:
        if quantity <= 0:
            raise checks.refusal("must be more than 0")
        return quantity


class Adjustment(Value):
    """A change to a claim's amount and what it rests on."""

    reason: Text
    percent: Number


class EventKey(Value):
    """What names an event for ever."""

    source: EventName
    id: EventName
