"""Jobs: the work behind an order, such as laboratory, repair, installation."""

from domain.events.event import EventData
from domain.events.values import Id, Moment, Text


class JobStarted(EventData):
    """Work on the order began."""

    TOPIC = "toldonce.job.started.v1"
    job_id: Id
    order_id: Id
    description: Text | None = None


class JobInspectionFailed(EventData):
    """A part of the work was found defective."""

    TOPIC = "toldonce.job.inspection_failed.v1"
    job_id: Id
    component: Text
    defect: Text


class JobRestarted(EventData):
    """The work began again."""

    TOPIC = "toldonce.job.restarted.v1"
    job_id: Id
    reason: Text | None = None


class JobEtaRevised(EventData):
    """The work will be ready at another time than was said."""

    TOPIC = "toldonce.job.eta_revised.v1"
    job_id: Id
    eta: Moment
    reason: Text | None = None


class JobCompleted(EventData):
    """The work is done."""

    TOPIC = "toldonce.job.completed.v1"
    job_id: Id
