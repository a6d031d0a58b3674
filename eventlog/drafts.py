"""Drafting: seal an event under its stream's key, all the work that needs no position.

Facts from outside and events of the library's aggregates become drafts here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence

from eventlog.entry import Draft, Label, leaf_prefix
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


def sealed_draft(
    label: Label, body: bytes, *, key: StreamKey, nonce: bytes, stream_version: int | None = None
) -> Draft | None:
    """Return the draft of an event; None when its stream's key was destroyed: it is erased."""
    if key.key is None:
        return None
    sealed = key.seal(nonce, body, bound=bound_to(label.stream, label.event_key, type_=label.type))
    prefix = leaf_prefix(label, sealed, key_commitment=key.commitment)
    return Draft(label, sealed, body, prefix, stream_version)
