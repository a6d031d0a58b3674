"""How statements about the record itself read: identity, privacy, corrections, calendars."""

from domain.events import (
    CalendarDefined,
    ConsentGranted,
    ConsentWithdrawn,
    ErasureExecuted,
    ErasureRefused,
    ErasureRequested,
    EventCorrected,
    EventRetracted,
    ExportProduced,
    IdentityCustomersMerged,
    IdentityCustomersUnmerged,
    IdentityIdentifierLinked,
    IdentityIdentifierUnlinked,
    IdentityMatchRejected,
    IdentityRelationshipDeclared,
    PortalAccessGranted,
    RecordViewed,
)
from domain.sentences.phrases import coded, listed, related, spoken
from domain.sentences.template import Templates, because, named, with_

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _linked(data: IdentityIdentifierLinked) -> str:
    method = spoken(data.method)
    return f"Linked {named(data.a)} with {named(data.b)} ({method}){because(data.reason)}"


def _unlinked(data: IdentityIdentifierUnlinked) -> str:
    return f"Unlinked {named(data.a)} from {named(data.b)}{because(data.reason)}"


def _merged(data: IdentityCustomersMerged) -> str:
    return (
        f"{data.actor} merged the customer of {named(data.absorbed)} into that of "
        f"{named(data.survivor)} (merge {data.merge_id}){because(data.reason)}"
    )


def _unmerged(data: IdentityCustomersUnmerged) -> str:
    return f"{data.actor} undid merge {data.merge_id}{because(data.reason)}"


def _match_rejected(data: IdentityMatchRejected) -> str:
    return f"{named(data.a)} and {named(data.b)} are not the same person{because(data.reason)}"


def _relationship_declared(data: IdentityRelationshipDeclared) -> str:
    return f"{named(data.subject)} is {related(data.role)} {named(data.object)}"


def _consent_granted(data: ConsentGranted) -> str:
    return f"Agreed to {coded(data.purpose)}{_basis(data)}"


def _consent_withdrawn(data: ConsentWithdrawn) -> str:
    return f"No longer agrees to {coded(data.purpose)}{_basis(data)}"


def _basis(data: ConsentGranted | ConsentWithdrawn) -> str:
    return f" on the basis of {coded(data.basis)}" if data.basis else ""


def _viewed(data: RecordViewed) -> str:
    was = "was shown" if data.outcome == "shown" else "was denied"
    return f"{data.viewer} {was} the record ({coded(data.scope)}) for {coded(data.purpose)}"


def _erasure_requested(data: ErasureRequested) -> str:
    return f"Asked to be erased (request {data.request_id}){because(data.reason)}"


def _erasure_executed(data: ErasureExecuted) -> str:
    return f"Erasure request {data.request_id} was carried out{because(data.reason)}"


def _erasure_refused(data: ErasureRefused) -> str:
    return f"Erasure request {data.request_id} was refused{because(data.reason)}"


def _export_produced(data: ExportProduced) -> str:
    return f"The record was exported{with_(' for request', data.request_id)}"


def _portal_access_granted(data: PortalAccessGranted) -> str:
    return f"Access through the portal was granted to {data.granted_to}"


def _corrected(data: EventCorrected) -> str:
    key = data.corrects
    return f"{data.declared_by} corrected event {key.id} of {key.source}{because(data.reason)}"


def _retracted(data: EventRetracted) -> str:
    key = data.corrects
    return f"{data.declared_by} retracted event {key.id} of {key.source}{because(data.reason)}"


def _calendar_defined(data: CalendarDefined) -> str:
    days = listed(_WEEKDAYS[day - 1] for day in sorted(data.weekdays))
    closed = f", closed on {listed(data.closed_dates)}" if data.closed_dates else ""
    return (
        f"Calendar {data.calendar_id}: {days}, {data.opens:%H:%M} to {data.closes:%H:%M} "
        f"{data.timezone}{closed}"
    )


TEMPLATES: Templates = {
    IdentityIdentifierLinked: _linked,
    IdentityIdentifierUnlinked: _unlinked,
    IdentityCustomersMerged: _merged,
    IdentityCustomersUnmerged: _unmerged,
    IdentityMatchRejected: _match_rejected,
    IdentityRelationshipDeclared: _relationship_declared,
    ConsentGranted: _consent_granted,
    ConsentWithdrawn: _consent_withdrawn,
    RecordViewed: _viewed,
    ErasureRequested: _erasure_requested,
    ErasureExecuted: _erasure_executed,
    ErasureRefused: _erasure_refused,
    ExportProduced: _export_produced,
    PortalAccessGranted: _portal_access_granted,
    EventCorrected: _corrected,
    EventRetracted: _retracted,
    CalendarDefined: _calendar_defined,
}
