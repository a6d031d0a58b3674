"""The one form of an identifier: what makes two ways of writing a telephone number the same.

Promise: the same text always gives the same form, and a reason never repeats the text.
"""

from functools import lru_cache

from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    format_number,
    is_possible_number,
    parse,
)

STRONG_TYPES = ("account_no", "customer_id", "member_id", "loyalty_card")
# An e-mail before a telephone, as in identity: two people share a telephone and keep apart e-mails.
WEAK_TYPES = ("email", "phone")
IDENTIFIER_TYPES = STRONG_TYPES + WEAK_TYPES
VALUE_CHARS_MAX = 256
EMAIL_CHARS_MAX = 254  # RFC 5321: a path holds 256 characters with its angle brackets
PHONE_PASSES_MAX = 8
CACHED_VALUES_MAX = 32_768  # normalising runs for every event, mostly for people seen before


class IdentifierInvalid(ValueError):
    """A value cannot be an identifier of its type; the message is the reason, without the value."""


def normalise(kind: str, value: str) -> str:
    """Return the form of `value` by which an identifier of this type is looked up."""
    match kind:
        case "phone":
            return _phone(value)
        case "email":
            return _email(value)
        case _:
            return _trimmed(value)


def normalise_kept(kind: str, value: str) -> str:
    """Return the form of a value that was accepted once, whatever today's rules say of it."""
    try:
        return normalise(kind, value)
    except IdentifierInvalid:
        return value.strip()


def _trimmed(value: str) -> str:
    trimmed = value.strip()
    if not trimmed:
        raise IdentifierInvalid("must not be empty")
    if len(trimmed) > VALUE_CHARS_MAX:
        raise IdentifierInvalid(f"must have at most {VALUE_CHARS_MAX} characters")
    return trimmed


@lru_cache(maxsize=CACHED_VALUES_MAX)
def _phone(value: str) -> str:
    written = _trimmed(value)
    if not written.startswith("+"):
        raise IdentifierInvalid("must be a telephone number with its country code, such as +1…")
    # one pass strips one trunk prefix; the form that is kept must be the form of itself
    for _ in range(PHONE_PASSES_MAX):
        before, written = written, _e164(written)
        if written == before:
            return written
    raise IdentifierInvalid("is not a telephone number")


def _e164(written: str) -> str:
    try:
        number = parse(written)
    except NumberParseException:
        raise IdentifierInvalid("is not a telephone number") from None
    if number.extension or not is_possible_number(number):
        raise IdentifierInvalid("is not a possible telephone number")
    return format_number(number, PhoneNumberFormat.E164)


@lru_cache(maxsize=CACHED_VALUES_MAX)
def _email(value: str) -> str:
    folded = _trimmed(value).casefold()
    local, at, host = folded.rpartition("@")
    if not (at and local and host) or len(folded) > EMAIL_CHARS_MAX:
        raise IdentifierInvalid("is not an e-mail address")
    if "@" in local or any(c.isspace() for c in folded):
        raise IdentifierInvalid("is not an e-mail address")
    return folded
