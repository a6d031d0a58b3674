"""What a shelf promises: parts read when they are asked for, and the rest saved as it was."""

from msgspec import Raw, Struct, field
from msgspec.msgpack import decode, encode

from domain.story.shelf import Shelved, with_nothing_resting

PARTS = b"\x81\xa5parts"
SIZE = b"\x81\xa4size"
# A byte more than numbers need shows that nothing was read and written again.
UNREAD = SIZE + b"\xcc"
SAVED = PARTS + b"\x83\xa1a" + UNREAD + b"\x01\xa1b" + UNREAD + b"\x02\xa1c" + UNREAD + b"\x03"


class Part(Struct):
    """What lies on the shelf."""

    size: int


class Whole(Struct):
    """What has a shelf."""

    parts = Shelved(Part)
    shelved_parts: dict[str, Raw] = field(default_factory=dict, name="parts")


class Owner(Struct):
    """What has something that has a shelf."""

    whole: Whole = field(default_factory=Whole)


def whole() -> Whole:
    """Return what was saved."""
    return decode(SAVED, type=Whole)


def test_what_was_not_asked_for_is_saved_as_it_was() -> None:
    """Looking at ids reads no part, and reading or changing one leaves the others alone."""
    one = whole()
    assert "a" in one.parts
    assert list(one.parts.keys()) == ["a", "b", "c"]
    assert (len(one.parts), one.parts.get("d")) == (3, None)
    assert encode(one) == SAVED
    one.parts["b"].size = 7
    assert encode(one) == SAVED.replace(UNREAD + b"\x02", SIZE + b"\x07")


def test_a_part_that_was_read_is_the_same_from_then_on() -> None:
    """However it is asked for, whoever changes it changes the one that is kept."""
    one = whole()
    part = one.parts.get("b")
    assert part is one.parts["b"]
    assert part is one.parts.setdefault("b", Part(9))
    assert list(one.parts.values())[1] is part


def test_all_parts_stand_in_the_order_in_which_they_came() -> None:
    """It makes no difference which of them had been read, or were added since."""
    one = whole()
    one.parts["c"].size = 5
    assert one.parts.setdefault("d", Part(4)) is one.parts["d"]
    one.parts["e"] = Part(6)
    assert [part.size for part in one.parts.values()] == [1, 2, 5, 4, 6]
    assert one.parts.pop("a").size == 1
    del one.parts["e"]
    parts = b"\xa1b" + SIZE + b"\x02\xa1c" + SIZE + b"\x05\xa1d" + SIZE + b"\x04"
    assert encode(one) == PARTS + b"\x83" + parts


def test_whoever_asks_for_everything_has_it_read_at_once() -> None:
    """Nothing rests, at any depth, and all of it is what it would be part by part."""
    owner = decode(b"\x81\xa5whole" + SAVED, type=with_nothing_resting(Owner))
    assert isinstance(owner, Owner)
    assert [type(part) for part in owner.whole.shelved_parts.values()] == [Part, Part, Part]
    assert list(owner.whole.parts.values()) == list(whole().parts.values())
    assert with_nothing_resting(Owner)().whole.parts.get("a") is None
