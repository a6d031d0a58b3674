"""Drafting: seal an event under its stream's key, all the work that needs no position.

Facts from outside and events of the library's aggregates become drafts here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.event import Event
from domain.handles import filing_handle, handles_of
from eventlog.entry import Draft, Label, leaf_prefix, to_microseconds
from eventlog.keyring import Keyring
from eventlog.sealing import StreamKey, StreamKeys, bound_to
from eventlog.versions import StreamVersions


def keys_for(
    streams: Sequence[bytes], keys: StreamKeys, *, versions: StreamVersions
) -> dict[bytes, StreamKey]:
    """Return the key of each stream, made now where there was none; `versions` learns of those."""
    generation = versions.generation
    found, fresh = keys.find_or_make(streams)
    versions.begin(fresh, generation)
    return found


def label_of(event: Event, keyring: Keyring, *, decision: bytes = b"") -> Label:
    """Return the label of a fact, filed under what it names best.

    A fact of ours is filed under the stream of the `decision` that it belongs to, and found by
    everybody whom it names all the same.
    """
    handles = handles_of(event.data)
    token = keyring.token
    return Label(
        decision or token(filing_handle(event, handles)),
        keyring.event_key(event.source, event.id),
        event.type,
        event.source,
        to_microseconds(event.time),
        b"".join([decision, *[token(handle) for handle in handles.everything]]),
    )


def sealed_draft(
    label: Label, body: bytes, *, key: StreamKey, nonce: bytes, stream_version: int | None = None
) -> Draft | None:
    """Return the draft of an event; None when its stream's key was destroyed: it is erased."""
    if key.key is None:
        return None
    sealed = key.seal(nonce, body, bound=bound_to(label.stream, label.event_key, type_=label.type))
    prefix = leaf_prefix(label, sealed, key_commitment=key.commitment)
    return Draft(label, sealed, body, prefix, stream_version)
