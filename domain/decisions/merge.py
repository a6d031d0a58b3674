"""Merging two customers, and undoing exactly that merge: each once, whoever said the other."""

from __future__ import annotations

from domain.decisions.decision import By, Decision, Facts, Said
from domain.decisions.refusals import NothingToDecide, refuse_repeated
from domain.events import IdentityCustomersMerged, IdentityCustomersUnmerged


class Merge(Decision):
    """One merge by its id; `published` is what other systems said of the same id.

    A merge that another system published is undone here like one of ours.
    """

    TOPIC = "toldonce.decisions.merge.v1"

    class Event(Said):
        """What happens to a merge."""

        TOPIC = "toldonce.decisions.merge_said.v1"

    class Made(Event):
        """Two customers are one person."""

        TOPIC = IdentityCustomersMerged.TOPIC

    class Undone(Event):
        """It was wrong."""

        TOPIC = IdentityCustomersUnmerged.TOPIC

    def make(self, data: IdentityCustomersMerged, by: By, *, published: Facts = ()) -> None:
        """Declare two customers to be one.

        Raises:
            AlreadyDecided: the id stands for a merge already, undone or not.
        """
        refuse_repeated((*published, *self.facts), asked=data, by=by)
        self.say(self.Made, data, by=by)

    def undo(self, data: IdentityCustomersUnmerged, by: By, *, published: Facts = ()) -> None:
        """Declare that the merge was wrong.

        Raises:
            AlreadyDecided: it is undone already.
            NothingToDecide: nobody made it.
        """
        known = (*published, *self.facts)
        undone = [fact for fact in known if isinstance(fact.data, IdentityCustomersUnmerged)]
        refuse_repeated(undone, asked=data, by=by)
        if not known:
            raise NothingToDecide(
                asked=data.NAME, asked_by=by.actor, wanted=f"merge {data.merge_id}"
            )
        self.say(self.Undone, data, by=by)
