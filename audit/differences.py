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


def differences(before: Json, after: Json) -> list[Change]:
    """Return what makes one document the other, in the order of the later one."""
    return list(_compared(before, after, path=(), where=()))


def _compared(before: Json, after: Json, *, path: Path, where: tuple[str, ...]) -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _members(before, after, path=path, where=where)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _elements(before, after, path=path, where=where)
    elif not _same(before, after):
        yield Change("changed", _pointer(path), where, before, after)


def _members(
    before: Mapping[str, Json], after: Mapping[str, Json], *, path: Path, where: tuple[str, ...]
) -> Iterator[Change]:
    for name, value in before.items():
        if name not in after:
            yield Change("removed", _pointer((*path, name)), (*where, name), before=value)
    for name, value in after.items():
        if name not in before:
            yield Change("added", _pointer((*path, name)), (*where, name), after=value)
        else:
            yield from _compared(before[name], value, path=(*path, name), where=(*where, name))


def _elements(
    before: Sequence[Json], after: Sequence[Json], *, path: Path, where: tuple[str, ...]
) -> Iterator[Change]:
    old, new = _named(before), _named(after)
    for name, (at, value, said) in old.items():
        if name not in new:
            yield Change("removed", _pointer((*path, at)), (*where, said), before=value)
    for name, (at, value, said) in new.items():
        inner, to = (*path, at), (*where, said)
        if name not in old:
            yield Change("added", _pointer(inner), to, after=value)
        else:
            yield from _compared(old[name][1], value, path=inner, where=to)
    was, now = ([e for e in one if e in other] for one, other in ((old, new), (new, old)))
    if was != now:
        order = ([one[name][2] for name in names] for one, names in ((old, was), (new, now)))
        yield Change("reordered", _pointer(path), where, *order)


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
