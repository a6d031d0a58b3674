"""The views there are. A new view is a package (`view.py`, `tables.sql`) and one line here."""

from __future__ import annotations

from collections.abc import Callable

from psycopg2.extensions import cursor as Cursor

from eventlog.keyring import Keyring
from projections import dashboards
from projections.continuity.view import ContinuityView
from projections.corrected.view import CorrectedView
from projections.identity.view import IdentityView
from projections.page import View
from projections.parking import Parking
from projections.promises.view import PromisesView
from projections.story.view import StoryView
from projections.tables import Unit
from projections.timeline.view import TimelineView

PROJECTIONS: tuple[Callable[[], View], ...] = (
    TimelineView,
    StoryView,
    PromisesView,
    ContinuityView,
    CorrectedView,
)

BOUND: tuple[Callable[[Cursor], None], ...] = (dashboards.make,)
"""What makes anew whatever others define on the live tables, when other tables take their place.

A SQL view keeps to the tables that it was made on, whatever they are called later.
"""


def new_units(keyring: Keyring) -> list[Unit]:
    """Return one of everything that has tables: who is who, who is parked, and each view."""
    return [IdentityView(keyring.stream_of), Parking(), *new_views()]


def new_views() -> list[View]:
    """Return one of each view, with nothing remembered."""
    return [view() for view in PROJECTIONS]
