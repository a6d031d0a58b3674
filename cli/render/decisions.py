"""What a decision came to, or what it would change, for whoever is about to make it."""

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.text import Text

from cli.render.sheet import BOLD, DIM, GOOD, WARNING, Flow, dotted, section
from domain.decisions import Decided
from domain.handles import Handle
from domain.sentences.phrases import count
from domain.sentences.words import plain, spaced
from projections.identity.erasing import Erasable
from projections.identity.what_if import Customer, WhatIf


def decided_line(decided: Decided) -> Text:
    """Return what was decided, and where it stands."""
    said = Text(f"● {decided.fact.name}", GOOD)
    return dotted(said, f"at position {decided.position}", f"event {decided.fact.id}")


def what_if_sheet(found: WhatIf) -> RenderableType:
    """Return the customers before and after, and which identifiers would change hands."""
    return Group(
        *section("before", _customers(found.before)),
        *section("after", _customers(found.after)),
        *section("theirs", _handles(found.joining)),
        *section("shared", _handles(found.shared)),
        *section("nobody's", _unattached(found.unattached)),
        Text(),
        Text(
            f"nothing was changed · {count(len(found.evidence), 'event')} would change hands"
            f" · known at position {found.position}",
            DIM,
        ),
    )


def erasure_sheet(found: Erasable, decided: Decided | None) -> RenderableType:
    """Return what an erasure destroyed, or would destroy, and what stays readable."""
    verb = "were destroyed" if decided else "would be destroyed"
    gone = [
        Text(f"the keys of {count(len(found.streams), 'stream')} {verb}", BOLD),
        Text(f"{count(len(found.erased), 'event')} that nobody can read any more"),
    ]
    stays = f"{count(len(found.staying), 'event')} in {count(found.kept, 'stream')} of others too"
    end = f"erased at position {decided.position}" if decided else "nothing was changed"
    return Group(
        *section("customer", [f"customer:{found.customer_id}", *_names(found)]),
        *section("erased", gone),
        *section("stays", [Text(stays, WARNING)] if found.kept else ()),
        Text(),
        Text(f"{end} · known at position {found.position}", DIM),
    )


def _names(found: Erasable) -> Iterable[Flow]:
    return [Flow(*(_named(one.handle) for one in found.identifiers))] if found.identifiers else []


def _customers(customers: Iterable[Customer]) -> Iterable[RenderableType]:
    for one in customers:
        yield Text(f"customer:{one.customer_id}", BOLD)
        known = [_named(identifier.handle) for identifier in one.identifiers]
        yield Flow(count(one.events, "event"), *known)


def _handles(handles: Iterable[Handle]) -> Iterable[RenderableType]:
    return [Text(_named(handle)) for handle in handles]


def _unattached(events: int) -> Iterable[RenderableType]:
    return [Text(f"{count(events, 'event')} would wait for review", WARNING)] if events else []


def _named(handle: Handle) -> str:
    issuer = f" ({plain(handle.issuer)})" if handle.issuer else ""
    return f"{spaced(handle.type)} {plain(handle.value)}{issuer}"
