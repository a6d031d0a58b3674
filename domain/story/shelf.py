"""Parts of a story by their id, each read when it is asked for: most of a long story only rests.

Promise: a shelf is a dictionary to whoever uses it; what was never asked for is saved as the very
bytes that were read, so that opening and saving a story costs by what happens in it.
"""

from collections.abc import Collection, KeysView, ValuesView
from operator import attrgetter
from typing import Any, Generic, TypeVar, cast, get_type_hints

from msgspec import Raw, Struct, defstruct, field
from msgspec.msgpack import Decoder

Part = TypeVar("Part")
Whole = TypeVar("Whole", bound=Struct)


# What an array of MessagePack begins with, whatever its length, which follows in four bytes.
ARRAY = b"\xdd"


class Reading(Generic[Part]):
    """Reads parts of one kind that were saved: one, or many at once."""

    def __init__(self, kind: type[Part]) -> None:
        self.one = Decoder(kind).decode
        self._array = Decoder(list[kind]).decode  # type: ignore[valid-type]

    def all(self, parts: Collection[bytes]) -> list[Part]:
        """Return parts, read as one array: they cost half of what they do one by one."""
        return self._array(b"".join((ARRAY, len(parts).to_bytes(4, "big"), *parts)))


# A struct, because one is made whenever a shelf is asked for.
class Shelf(Struct, Generic[Part], gc=False):
    """The parts of one kind; `kept` has each as it is used, or as it was saved."""

    kept: dict[str, Any]
    reading: Reading[Part]

    def __len__(self) -> int:
        return len(self.kept)

    def __contains__(self, part_id: object) -> bool:
        return part_id in self.kept

    def __getitem__(self, part_id: str) -> Part:
        part: Any = self.kept[part_id]
        return self._read(part_id, part) if type(part) is Raw else part

    def __setitem__(self, part_id: str, part: Part) -> None:
        self.kept[part_id] = part

    def __delitem__(self, part_id: str) -> None:
        del self.kept[part_id]

    def get(self, part_id: str) -> Part | None:
        """Return a part, or None where there is none with this id."""
        part: Any = self.kept.get(part_id)
        return self._read(part_id, part) if type(part) is Raw else part

    def setdefault(self, part_id: str, part: Part) -> Part:
        """Return the part with this id, which is `part` if there was none."""
        found = self.get(part_id)
        if found is None:
            found = self.kept[part_id] = part
        return found

    def pop(self, part_id: str) -> Part:
        """Return a part, and have it no longer."""
        part = self[part_id]
        del self.kept[part_id]
        return part

    def keys(self) -> KeysView[str]:
        """Return the ids, in the order in which they came."""
        return self.kept.keys()

    def values(self) -> ValuesView[Part]:
        """Return all parts, in the order in which they came."""
        kept = self.kept
        if Raw in set(map(type, kept.values())):
            resting = {part_id: part for part_id, part in kept.items() if type(part) is Raw}
            parts = self.reading.all(resting.values())
            kept.update(zip(resting, parts, strict=True))
        return kept.values()

    def _read(self, part_id: str, part: Raw) -> Part:
        read = self.kept[part_id] = self.reading.one(part)
        return read


class Shelved(Generic[Part]):
    """Gives its owner the shelf `name` of what is kept, and saved, as `shelved_name`."""

    def __init__(self, kind: type[Part]) -> None:
        self.kind = kind
        self._reading = Reading(kind)

    def __set_name__(self, owner: type, name: str) -> None:
        self._kept = attrgetter(f"shelved_{name}")

    def __get__(self, whole: object, owner: type) -> Shelf[Part]:
        return Shelf(self._kept(whole), self._reading)


def with_nothing_resting(kind: type[Whole]) -> type[Whole]:
    """Return the type of which all parts are read at once, for whoever will ask for each."""
    fields: list[tuple[str, Any, Any]] = []
    for name, shelved in vars(kind).items():
        if isinstance(shelved, Shelved):
            kept: Any = field(default_factory=dict, name=name)
            fields.append((f"shelved_{name}", dict[str, shelved.kind], kept))  # type: ignore[name-defined]
    for name, member in get_type_hints(kind).items():
        if isinstance(member, type) and any(isinstance(s, Shelved) for s in vars(member).values()):
            whole: Any = with_nothing_resting(member)
            fields.append((name, whole, field(default_factory=whole)))
    return cast(type[Whole], defstruct(kind.__name__, fields, bases=(kind,)))
