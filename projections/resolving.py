"""Whose the entries of a page are, with what cannot be read parked where its stream leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from domain.identity.observation import Observation
from projections.identity.corrections import Load
from projections.identity.queries import look_up
from projections.identity.view import IdentityView, Resolved
from projections.parking import LOG, Parked, Parking
from projections.read_ahead import Opened, ReadAhead, Unreadable


class Resolving:
    """Resolves pages for whoever folds them."""

    def __init__(self, identity: IdentityView, *, parking: Parking, ahead: ReadAhead) -> None:
        self._identity = identity
        self._parking = parking
        self._ahead = ahead

    def resolved(
        self, cursor: Cursor, opened: Opened, *, told: Sequence[Observation], load: Load
    ) -> Resolved:
        """Write whose the entries of a page are, and who is parked for what cannot be read.

        Whoever is parked for an older entry is among those to fold anew.
        """
        resolved = self._identity.resolve(
            cursor, told, load=load, log=self._ahead, erased=opened.erased
        )
        self._keep_unreadable(cursor, opened.unreadable)
        astray = self._parking.follow_entries(cursor)
        self._parking.release(cursor, resolved.gone)
        return replace(resolved, refold=(resolved.refold | astray) - resolved.gone)

    def _keep_unreadable(self, cursor: Cursor, unreadable: Sequence[Unreadable]) -> None:
        for one in unreadable:
            stream_id = UUID(bytes=one.entry.stream)
            # A stream that leads to nobody may be the customer that it will come to lead to.
            customer_id = look_up(cursor, stream_id).customer_id or stream_id
            self._parking.keep_entry(cursor, one.entry.position, stream_id=stream_id)
            self._parking.add(parked_for(customer_id, one))


def parked_for(customer_id: UUID, unreadable: Unreadable) -> Parked:
    """Return a customer as parked for an entry that cannot be read."""
    entry, error = unreadable
    return Parked(customer_id, entry.position, LOG, error, 1, entry.recorded_at)
