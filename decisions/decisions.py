"""Every decision as a command: at most one fact in the log, or a refusal that says why not.

The only write is the log. Whoever loses a race looks again, and is told what was decided meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any, TypeVar
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.persistence import (
    DataError,
    InfrastructureFactory,
    IntegrityError,
    Mapper,
)
from eventsourcing.utils import Environment, EnvType

from decisions.errors import NeverAgreed
from decisions.facts import FactMapper
from domain.decisions import (
    By,
    Decided,
    Decision,
    Erasure,
    Lapse,
    Merge,
    Pair,
    PairSaid,
    Relationship,
    Statement,
)
from domain.decisions.decision import Facts
from domain.decisions.erasure import erasure_handle
from domain.decisions.lapse import lapse_handle
from domain.decisions.pair import pair_handle
from domain.decisions.refusals import AlreadyDecided, PersonErased
from domain.decisions.relationship import relationship_handle
from domain.events import (
    ErasureExecuted,
    ErasureRefused,
    ErasureRequested,
    IdentityCustomersMerged,
    IdentityCustomersUnmerged,
    IdentityIdentifierLinked,
    IdentityIdentifierUnlinked,
    IdentityMatchRejected,
    IdentityRelationshipDeclared,
    PromiseLapsed,
)
from domain.handles import Handle
from domain.identity.observation import merge_handle
from eventlog.factory import EventLogFactory
from eventlog.keyring import Keyring

# Each lost race means that somebody else decided the same thing, and no thing has so many steps.
ATTEMPTS_MAX = 8

Some = TypeVar("Some", bound=Decision)


class Decisions(Application[UUID]):
    """The decisions on one opened log; may be shared between threads.

    Every command takes `by`: who decides, and when. `published` is what other systems said about
    the same thing, which the views know. A command that raises DecisionRefused has written nothing.
    """

    name = "decisions"

    def __init__(self, url: str, keyring: Keyring) -> None:
        """Open the log at `url`, which must be migrated."""
        self._keyring = keyring
        super().__init__({"PERSISTENCE_MODULE": "eventlog.factory", "DATABASE_URL": url})

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        """Take nothing from the environment of the process: only commands read it."""
        return Environment(name, {**(env or {}), "CREATE_TABLE": "f"})

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        """Make recorders that share one opened log."""
        return EventLogFactory(env, keyring=self._keyring)

    def construct_mapper(self) -> Mapper[UUID]:
        """Store what is decided as the fact that it publishes."""
        return FactMapper(transcoder=self.construct_transcoder())

    def merge(self, data: IdentityCustomersMerged, by: By, *, published: Facts = ()) -> Decided:
        """Declare two customers to be one."""
        return self._decide(
            Merge,
            merge_handle(data.merge_id),
            decide=lambda one: one.make(data, by, published=published),
        )

    def unmerge(self, data: IdentityCustomersUnmerged, by: By, *, published: Facts = ()) -> Decided:
        """Declare that a merge was wrong, whoever made it."""
        return self._decide(
            Merge,
            merge_handle(data.merge_id),
            decide=lambda one: one.undo(data, by, published=published),
        )

    def link(self, data: IdentityIdentifierLinked, by: By, *, said: PairSaid) -> Decided:
        """Declare that two identifiers belong to one person."""
        return self._state(data, by, said=said)

    def unlink(self, data: IdentityIdentifierUnlinked, by: By, *, said: PairSaid) -> Decided:
        """Declare that two identifiers no longer belong to one person."""
        return self._state(data, by, said=said)

    def reject(self, data: IdentityMatchRejected, by: By, *, said: PairSaid) -> Decided:
        """Declare that two identifiers do not belong to one person."""
        return self._state(data, by, said=said)

    def relate(
        self, data: IdentityRelationshipDeclared, by: By, *, published: Facts = ()
    ) -> Decided:
        """Declare what one customer is to another; it joins nobody."""
        return self._decide(
            Relationship,
            relationship_handle(data.subject.handle, data.object.handle),
            decide=lambda one: one.declare(data, by, published=published),
        )

    def request_erasure(self, data: ErasureRequested, by: By) -> Decided:
        """Note that a customer asked to be forgotten."""
        return self._decide(
            Erasure, erasure_handle(data.request_id), decide=lambda one: one.request(data, by)
        )

    def execute_erasure(
        self, data: ErasureExecuted, by: By, *, streams: Collection[UUID]
    ) -> Decided:
        """Declare a customer forgotten and destroy, in the same transaction, the keys of `streams`.

        Nothing that is filed in them can be read again, and nothing more is ever filed there.
        """
        return self._decide(
            Erasure,
            erasure_handle(data.request_id),
            decide=lambda one: one.execute(data, by),
            erases=streams,
        )

    def refuse_erasure(self, data: ErasureRefused, by: By) -> Decided:
        """Declare that a customer cannot be forgotten."""
        return self._decide(
            Erasure, erasure_handle(data.request_id), decide=lambda one: one.refuse(data, by)
        )

    def lapse(self, data: PromiseLapsed, by: By) -> Decided | None:
        """Say that the time of a promise passed; None if that was said before, by any clock.

        None as well where whom it concerns was erased.
        """
        handle = lapse_handle(data)
        try:
            return self._decide(Lapse, handle, decide=lambda one: one.lapse(data, by))
        except (AlreadyDecided, PersonErased):
            return None

    def merged(self, merge_id: str) -> Merge:
        """Return what was decided here about a merge."""
        return self._known(Merge, self._keyring.stream_of(merge_handle(merge_id)))

    def erasure(self, request_id: str) -> Erasure:
        """Return what was decided about a request to be forgotten."""
        return self._known(Erasure, self._keyring.stream_of(erasure_handle(request_id)))

    def _state(self, data: Statement, by: By, *, said: PairSaid) -> Decided:
        handle = pair_handle(data.a.handle, data.b.handle)
        return self._decide(Pair, handle, decide=lambda pair: pair.state(data, by, said=said))

    def _decide(
        self,
        kind: type[Some],
        handle: Handle,
        *,
        decide: Callable[[Some], None],
        erases: Collection[UUID] = (),
    ) -> Decided:
        """Decide on what is decided so far, as often as somebody else is quicker."""
        for _ in range(ATTEMPTS_MAX):
            decision = self._known(kind, self._keyring.stream_of(handle))
            decide(decision)
            with suppress(IntegrityError):
                return Decided(decision.facts[-1], self._kept(decision, erases))
        raise NeverAgreed(attempts=ATTEMPTS_MAX)

    def _kept(self, decision: Decision, erases: Collection[UUID]) -> int | None:
        (recording,) = self.save(decision, erases=erases)
        return recording.notification.id

    def _known(self, kind: type[Some], stream: UUID) -> Some:
        try:
            found: Some = self.repository.get(stream)
        except AggregateNotFoundError:
            return kind.undecided(stream)
        except DataError:
            raise PersonErased from None
        return found


class Rehearsal(Decisions):
    """Decisions that are refused like real ones, and otherwise only said: nothing is written."""

    name = "rehearsal"

    def _kept(self, decision: Decision, erases: Collection[UUID]) -> int | None:
        return None
