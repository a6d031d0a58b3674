"""What differs between two briefs, or any two JSON documents, as changes with JSON pointers.

Promise: no changes means that the documents are equal; each pointer leads to the value that it is
about. Elements of lists are told apart by what they are (a promise by its id), not by their place.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

Json = Any
Kind = Literal["added", "removed", "changed", "reordered"]
Path = tuple[str | int, ...]

# What an element of a list is known by; the first that all its members are there for.
NAMES: tuple[tuple[str, ...], ...] = (
    ("issue_id",),
    ("promise_id",),
    ("order_id",),
    ("delivery_id",),
    ("job_id",),
    ("contact_id",),
    ("remedy_id",),
    ("hypothesis",),
    ("code",),
    ("source", "id"),
    ("type", "value", "issuer"),
    ("kind", "ref"),
    ("id",),
)


class Change(NamedTuple):
    """One difference; `where` is the way to it in names, `pointer` in members and indices.

    The pointer is one into the later document; of what was removed, into the earlier one.
    """

    kind: Kind
    pointer: str
    where: tuple[str, ...]
    before: Json = None
    after: Json = None

    def to_json(self) -> dict[str, Json]:
        """Return the change with those of its values that exist."""
        values = {"before": self.before, "after": self.after}
        if self.kind in ("added", "removed"):
            del values["before" if self.kind == "added" else "after"]
        return {"kind": self.kind, "pointer": self.pointer, **values}


class _Place(NamedTuple):
    """The way to a value in both documents, whose elements stand at different indices, in names."""

    before: Path = ()
    after: Path = ()
    where: tuple[str, ...] = ()

    def at(self, before: str | int, after: str | int, *, said: str | None = None) -> _Place:
        """Return the place one step further; `said` is what an element is called."""
        name = str(after) if said is None else said
        return _Place((*self.before, before), (*self.after, after), (*self.where, name))


def differences(before: Json, after: Json) -> list[Change]:
    """Return what makes one document the other, in the order of the later one."""
    return list(_compared(before, after, place=_Place()))


def _compared(before: Json, after: Json, *, place: _Place) -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _members(before, after, place=place)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _elements(before, after, place=place)
    elif not _same(before, after):
        yield Change("changed", _pointer(place.after), place.where, before, after)


def _members(
    before: Mapping[str, Json], after: Mapping[str, Json], *, place: _Place
) -> Iterator[Change]:
    for name, value in before.items():
        if name not in after:
            yield _removed(place.at(name, name), value)
    for name, value in after.items():
        if name in before:
            yield from _compared(before[name], value, place=place.at(name, name))
        else:
            yield _added(place.at(name, name), value)


def _elements(before: Sequence[Json], after: Sequence[Json], *, place: _Place) -> Iterator[Change]:
    old, new = _named(before), _named(after)
    for name, (at, value, said) in old.items():
        if name not in new:
            yield _removed(place.at(at, at, said=said), value)
    for name, (at, value, said) in new.items():
        if name in old:
            was_at, was, _ = old[name]
            yield from _compared(was, value, place=place.at(was_at, at, said=said))
        else:
            yield _added(place.at(at, at, said=said), value)
    was_order = [name for name in old if name in new]
    if was_order != [name for name in new if name in old]:
        orders = [[names[name][2] for name in names] for names in (old, new)]
        yield Change("reordered", _pointer(place.after), place.where, *orders)


def _removed(place: _Place, value: Json) -> Change:
    return Change("removed", _pointer(place.before), place.where, before=value)


def _added(place: _Place, value: Json) -> Change:
    return Change("added", _pointer(place.after), place.where, after=value)


def _named(elements: Sequence[Json]) -> dict[Hashable, tuple[int, Json, str]]:
    """Return each element by what it is; of equals, the second by its being the second."""
    found: dict[Hashable, tuple[int, Json, str]] = {}
    seen: dict[Hashable, int] = {}
    for at, element in enumerate(elements):
        name = _name(element)
        seen[name] = number = seen.get(name, 0) + 1
        said = " ".join(str(part) for part in name if part is not None) if name else str(number)
        found[name, number] = at, element, said
    return found


def _name(element: Json) -> tuple[Hashable, ...]:
    if isinstance(element, Mapping):
        for members in NAMES:
            if all(member in element for member in members):
                values = tuple(element[member] for member in members)
                return tuple(repr(v) if isinstance(v, (dict, list)) else v for v in values)
        return ()
    # True is 1 to a dict; in JSON they are two values.
    return (
        (type(element).__name__, repr(element)) if isinstance(element, (bool, list)) else (element,)
    )


def _same(before: Json, after: Json) -> bool:
    return isinstance(before, bool) == isinstance(after, bool) and bool(before == after)


def _pointer(path: Path) -> str:
    """Return the way as an RFC 6901 pointer."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
