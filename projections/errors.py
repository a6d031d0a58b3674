"""What can go wrong with projections. The class docstring is the message; values are attributes."""

from __future__ import annotations


class ProjectionError(Exception):
    """The projections could not do what they were asked."""

    def __init__(self, **values: object) -> None:
        self.values = values
        super().__init__(" ".join((type(self).__doc__ or "").split()).format(**values))


class ViewFailed(ProjectionError):
    """The view {view} cannot take the event at position {position}: {reason}."""


class ProjectionPaused(ProjectionError):
    """The projections are paused before position {position}: {number} customers failed of late,
    the last in the view {view} with {error}, which is a fault of toldonce itself."""


class ViewsOutdated(ProjectionError):
    """The views {views} are missing or of another version: run `toldonce projections rebuild`."""


class OwnershipLost(ProjectionError):
    """Another process moved the projections on from position {expected}."""


class ProjectionsStalled(ProjectionError):
    """The projections stand at position {position} of {wanted} and did not move for {stall_s} s."""


class RebuildUnderWay(ProjectionError):
    """Another process is rebuilding the views, or has them change places."""


class RebuildOvertaken(ProjectionError):
    """Another process went on with this rebuild, or gave it up."""


class RebuildNotReady(ProjectionError):
    """There are no rebuilt views that could take the live ones' place: {reason}."""


class RebuildFailed(ProjectionError):
    """A process that fills the rebuilt views ended: {reason}. Run the same command to go on."""


class GroupsOverlap(ProjectionError):
    """Groups of the log that were rebuilt apart name the same: it is to be rebuilt as one."""


class NothingKept(ProjectionError):
    """No earlier views are kept: there is nothing to go back to, and nothing to confirm."""


class ReadersBusy(ProjectionError):
    """Queries on the live views go on for too long: the views did not change places. Try again."""


class NotYetKnown(ProjectionError):
    """Position {wanted} is not known yet: the projections stand at {position}."""


class CursorInvalid(ProjectionError):
    """The token of a page is not one that was given out."""
