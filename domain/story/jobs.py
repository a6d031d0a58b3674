"""The work behind an order, and the chain of what went wrong with it.

Promise: completed is terminal.
"""

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from domain.events import (
    EventData,
    JobCompleted,
    JobEtaRevised,
    JobInspectionFailed,
    JobRestarted,
    JobStarted,
)
from domain.story.cite import Cite, Step
from domain.story.orders import order_of, take_deadline
from domain.story.promises import fulfil_in_hindsight
from domain.story.saved import Saved

if TYPE_CHECKING:
    from domain.story.story import Story

JobEvent = JobStarted | JobInspectionFailed | JobRestarted | JobEtaRevised | JobCompleted


class Setback(NamedTuple):
    """One link of the chain that made a job late."""

    kind: str
    detail: str | None
    cite: Cite


class Job(Saved):
    """One job; `eta` is when it will be ready, as said last."""

    job_id: str
    first: Cite
    order_id: str | None = None
    state: str = "started"
    eta: datetime | None = None
    completed: Cite | None = None
    setbacks: list[Setback] = []


def started(story: "Story", data: JobStarted, *, cite: Cite) -> None:
    """Take the job down with its order."""
    _job(story, data, cite=cite)


def inspection_failed(story: "Story", data: JobInspectionFailed, *, cite: Cite) -> None:
    """Note what was found defective."""
    job = _job(story, data, cite=cite)
    _move(job, "inspection_failed")
    job.setbacks.append(Setback("inspection_failed", f"{data.component}: {data.defect}", cite))


def restarted(story: "Story", data: JobRestarted, *, cite: Cite) -> None:
    """Note that the work began again."""
    job = _job(story, data, cite=cite)
    _move(job, "restarted")
    job.setbacks.append(Setback("restarted", data.reason, cite))


def eta_revised(story: "Story", data: JobEtaRevised, *, cite: Cite) -> None:
    """Keep the newest time that was said."""
    job = _job(story, data, cite=cite)
    job.eta = data.eta
    job.setbacks.append(Setback("eta_revised", data.reason, cite))


def completed(story: "Story", data: JobCompleted, *, cite: Cite) -> None:
    """Finish the job."""
    job = _job(story, data, cite=cite)
    _move(job, "completed")
    job.completed = job.completed or cite


def _job(story: "Story", data: JobEvent, *, cite: Cite) -> Job:
    job = story.jobs.get(data.job_id)
    if job is None:
        job = story.jobs[data.job_id] = Job(data.job_id, cite)
    if job.order_id is None and data.order_id is not None:
        job.order_id = data.order_id
        take_deadline(story, job.job_id, order=order_of(story, data.order_id, cite=cite))
        if job.completed is not None:
            thing = ("job", job.job_id)
            fulfil_in_hindsight(story, JobCompleted.NAME, thing=thing, cite=job.completed)
    return job


def _move(job: Job, state: str) -> None:
    if job.completed is None:
        job.state = state


STEPS: dict[type[EventData], Step] = {
    JobStarted: started,
    JobInspectionFailed: inspection_failed,
    JobRestarted: restarted,
    JobEtaRevised: eta_revised,
    JobCompleted: completed,
}
