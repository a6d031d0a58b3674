"""How deliveries and jobs read."""

from domain.events import (
    DeliveryAttempted,
    DeliveryCompleted,
    DeliveryDispatched,
    DeliveryInvestigationOpened,
    DeliveryScanned,
    JobCompleted,
    JobEtaRevised,
    JobInspectionFailed,
    JobRestarted,
    JobStarted,
)
from domain.sentences.phrases import coded, moment, spoken
from domain.sentences.template import Templates, because, with_


def _dispatched(data: DeliveryDispatched) -> str:
    expected = f", expected by {moment(data.expected_by)}" if data.expected_by else ""
    number = f" ({data.tracking_number})" if data.tracking_number else ""
    return (
        f"Delivery {data.delivery_id} of order {data.order_id} was sent"
        f"{with_(' with', data.carrier)}{number}{expected}"
    )


def _scanned(data: DeliveryScanned) -> str:
    code = f" ({data.status_code})" if data.status_code else ""
    status = spoken(data.status)
    return f"{_parcel(data)} was scanned{with_(' at', data.location)}: {status}{code}"


def _attempted(data: DeliveryAttempted) -> str:
    return f"{_parcel(data)} could not be handed over: {coded(data.reason)}"


def _completed(data: DeliveryCompleted) -> str:
    return f"{_parcel(data)} was delivered{with_(', proof:', data.proof)}"


def _investigation_opened(data: DeliveryInvestigationOpened) -> str:
    return f"We asked the carrier to look for delivery {data.delivery_id}" + (
        with_(", reference", data.carrier_ref)
    )


def _parcel(data: DeliveryScanned | DeliveryAttempted | DeliveryCompleted) -> str:
    return f"Delivery {data.delivery_id}" if data.delivery_id else f"Parcel {data.tracking_number}"


def _started(data: JobStarted) -> str:
    return f"Work on order {data.order_id} began (job {data.job_id}){because(data.description)}"


def _inspection_failed(data: JobInspectionFailed) -> str:
    return f"Job {data.job_id} failed its inspection: " + (
        f"{coded(data.component)}, {coded(data.defect)}"
    )


def _restarted(data: JobRestarted) -> str:
    return f"Job {data.job_id} was begun again{because(data.reason)}"


def _eta_revised(data: JobEtaRevised) -> str:
    return f"Job {data.job_id} is now expected on {moment(data.eta)}{because(data.reason)}"


def _job_completed(data: JobCompleted) -> str:
    return f"Job {data.job_id} was completed"


TEMPLATES: Templates = {
    DeliveryDispatched: _dispatched,
    DeliveryScanned: _scanned,
    DeliveryAttempted: _attempted,
    DeliveryCompleted: _completed,
    DeliveryInvestigationOpened: _investigation_opened,
    JobStarted: _started,
    JobInspectionFailed: _inspection_failed,
    JobRestarted: _restarted,
    JobEtaRevised: _eta_revised,
    JobCompleted: _job_completed,
}
