"""The event contract as a table: every type with its members, `?` for optional ones."""

CONTRACT = """
contact.started contact_id channel direction from? to? purpose? issue_id? previous_contact_id?
contact.ivr_completed contact_id duration_s choices outcome?
contact.queued contact_id queue
contact.answered contact_id agent_id wait_s
contact.held contact_id hold_s
contact.transferred contact_id kind to_queue? to_agent_id? note_id?
contact.information_provided contact_id facts issue_id?
contact.information_requested contact_id fields asked_by
contact.handoff_noted contact_id note_id tried measured ruled_out next_step?
contact.message_sent message_id channel template purpose contact_id? delivery_status?
contact.ended contact_id ended_by resolution talk_s?
issue.reported issue_id category symptom? contact_id? order_id? delivery_id? asset_id?
issue.assigned issue_id owner
issue.diagnosis_recorded issue_id hypothesis result test?
issue.responsibility_disputed issue_id by blames
issue.escalated issue_id to reason
issue.resolved issue_id resolution confirmed_by_customer
issue.reopened issue_id reason
promise.made promise_id what due_at? due_within? due_business_days? calendar_id? \
    fulfilled_when? made_by?
promise.rescheduled promise_id due_at told_customer
promise.kept promise_id reason?
promise.refused promise_id reason?
promise.waived promise_id reason?
promise.superseded promise_id by_promise_id
promise.lapsed promise_id due_at
remedy.offered remedy_id kind what limits? completion_promise_id? order_id? issue_id?
remedy.accepted remedy_id
remedy.declined remedy_id
remedy.delivered remedy_id
apology.given for_what? issue_id? order_id? contact_id?
order.placed order_id items total? channel?
order.cancelled order_id reason? condition?
order.refund_requested order_id reason? condition?
order.refunded order_id amount
order.replacement_sent order_id delivery_id attempt_no replaces_delivery_id? charge?
payment.captured payment_id amount method order_id? visit_id?
discount.applied reason amount? percent? order_id? visit_id?
invoice.issued invoice_id total order_id? visit_id?
deadline.recorded need_by reason order_id? job_id?
delivery.dispatched delivery_id order_id carrier? tracking_number? expected_by?
delivery.scanned delivery_id? tracking_number? status location? status_code?
delivery.attempted delivery_id? tracking_number? reason
delivery.completed delivery_id? tracking_number? proof?
delivery.investigation_opened delivery_id carrier_ref?
job.started job_id order_id description?
job.inspection_failed job_id component defect
job.restarted job_id reason?
job.eta_revised job_id eta reason?
job.completed job_id
appointment.booked appointment_id service start location_id end? practitioner_id?
appointment.rescheduled appointment_id start location_id?
appointment.cancelled appointment_id reason?
appointment.missed appointment_id reason?
visit.checked_in visit_id location_id appointment_id?
visit.service_performed visit_id items
visit.advice_given visit_id advice due?
visit.checked_out visit_id outcome?
visit.time_reported visit_id claimed_by start end
visit.presence_observed visit_id observer start end evidence_sha256?
registration.completed location_id facts
policy.issued policy_id valid_to valid_from? product?
policy.renewed policy_id valid_to valid_from? product?
policy.terms_disclosed policy_id terms channel
policy.renewal_offered policy_id
coverage.eligibility_checked purpose result payer? member_id?
preauthorization.requested preauthorization_id service provider_id policy_id?
preauthorization.decided preauthorization_id outcome valid_to?
encounter.completed encounter_id condition_code provider_id in_network
claim.submitted claim_id encounter_id? policy_id?
claim.review_opened claim_id reason occurrence_no?
claim.decided claim_id outcome adjustments
service.activated service_id product
service.measured service_id metric value unit?
feedback.recorded score? scale? comment? about?
complaint.filed complaint_id issue_id? wanted?
identity.identifier_linked a b method reason?
identity.identifier_unlinked a b reason
identity.customers_merged merge_id survivor absorbed actor reason
identity.customers_unmerged merge_id actor reason
identity.match_rejected a b reason
identity.relationship_declared subject object role
consent.granted purpose basis?
consent.withdrawn purpose basis?
record.viewed viewer purpose scope outcome
erasure.requested request_id reason?
erasure.executed request_id reason?
erasure.refused request_id reason?
export.produced request_id?
portal.access_granted granted_to
event.corrected corrects data reason declared_by
event.retracted corrects reason declared_by
calendar.defined calendar_id timezone weekdays opens closes closed_dates
"""

INTERNAL = {
    "contact.handoff_noted",
    "issue.assigned",
    "issue.diagnosis_recorded",
    "issue.responsibility_disputed",
    "visit.time_reported",
    "visit.presence_observed",
}

COMMON = {
    *("identifiers", "parties", "visibility", "contact_id", "issue_id", "order_id"),
    *("delivery_id", "tracking_number", "job_id", "appointment_id", "visit_id", "promise_id"),
    *("policy_id", "claim_id", "encounter_id", "service_id", "asset_id"),
}


def members_by_type() -> dict[str, tuple[set[str], set[str]]]:
    """Return the required and the optional members that each type lists."""
    table = {}
    for line in CONTRACT.strip().splitlines():
        name, *members = line.split()
        optional = {member[:-1] for member in members if member.endswith("?")}
        table[name] = ({m for m in members if not m.endswith("?")}, optional)
    return table
