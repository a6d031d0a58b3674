"""Drafting: seal an event under its stream's key, all the work that needs no position.

Facts from outside and events of the library's aggregates become drafts here and nowhere else.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import NamedTuple

from domain.decode import Accepted
from domain.event import Event
from domain.handles import filing_handle, handles_of
from eventlog.database import WRITER, Database
from eventlog.entry import Draft, Label, leaf_prefix, to_microseconds
from eventlog.keyring import NONCE_BYTES, Keyring
from eventlog.rows import pack_content, pack_named
from eventlog.sealing import Sealing, StreamKey, StreamKeys, bound_to
from eventlog.versions import StreamVersions


class Drafted(NamedTuple):
    """Drafts, None for each event whose person was erased, and the streams that are new by them."""

    drafts: list[Draft | None]
    streams_begun: list[bytes]


class Drafter:
    """Drafts for a log that another process appends to; that one has to hold it open before.

    So what was sealed under a key that is destroyed meanwhile is refused there.
    """

    def __init__(self, url: str, keyring: Keyring) -> None:
        self._keyring = keyring
        self._keys = StreamKeys(Database(url, role=WRITER), keyring)

    def drafted(self, accepted: Sequence[Accepted]) -> Drafted:
        """Token and seal decoded events.

        Raises:
            LogUnavailable: keys cannot be read or made.
        """
        return drafted(accepted, self._keys, keyring=self._keyring)


def keys_for(
    streams: Sequence[bytes], keys: StreamKeys, *, versions: StreamVersions
) -> dict[bytes, StreamKey]:
    """Return the key of each stream, made now where there was none; `versions` learns of those."""
    generation = versions.generation
    found, fresh = keys.find_or_make(streams)
    versions.begin(fresh, generation)
    return found


def drafted(accepted: Sequence[Accepted], keys: StreamKeys, *, keyring: Keyring) -> Drafted:
    """Token and seal decoded events: all the work that needs no position."""
    labels = [label_of(item.event, keyring) for item in accepted]
    found, begun = keys.find_or_make([label.stream for label in labels])
    # Making a cipher costs more than sealing with it, and many events are of few streams.
    ready = {stream: key.sealing() for stream, key in found.items()}
    nonces = secrets.token_bytes(NONCE_BYTES * len(accepted))
    starts = range(0, len(nonces), NONCE_BYTES)
    drafts = [
        sealed_draft(label, item.body, key=ready[label.stream], nonce=nonces[at : at + NONCE_BYTES])
        for label, item, at in zip(labels, accepted, starts, strict=True)
    ]
    return Drafted(drafts, begun)


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
    label: Label, body: bytes, *, key: Sealing, nonce: bytes, stream_version: int | None = None
) -> Draft | None:
    """Return the draft of an event; None when its stream's key was destroyed: it is erased."""
    cipher, commitment = key
    if cipher is None:
        return None
    stream, event_key, type_, source, occurred_us, observed = label
    sealed = nonce + cipher.encrypt(nonce, body, bound_to(stream, event_key, type_=type_))
    prefix = leaf_prefix(label, sealed, key_commitment=commitment)
    named = pack_named(type_, source, occurred_us=occurred_us)
    content = pack_content(observed, sealed)
    return Draft(stream, event_key, named, content, prefix, body, stream_version)
