"""`toldonce consume`: events from Kafka into the log, and how far that is."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cli.commands.options import Actor, AsJson, Begin, read, read_begin
from cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from cli.brokers import Where
    from cli.wiring import Installation
    from consumers.topics.consumed import Consumed

SkipTo = Annotated[
    str | None,
    typer.Option(
        "--skip-to",
        metavar="earliest|latest|OFFSET|TIME",
        help="Have partitions that stand go on there, note who said so, and end.",
    ),
]
Partition = Annotated[
    list[int] | None,
    typer.Option("--partition", min=0, help="With --skip-to: this one, whether it stands or not."),
]
Status = Annotated[bool, typer.Option("--status", help="Print how far each partition is, and end.")]
MetricsPort = Annotated[
    int | None,
    typer.Option(
        "--metrics-port", min=0, max=65535, help="Serve figures to Prometheus there; 0 is any."
    ),
]


def consume(
    begin: Begin = None,
    status: Status = False,
    skip_to: SkipTo = None,
    partition: Partition = None,
    actor: Actor = None,
    metrics_port: MetricsPort = None,
    as_json: AsJson = False,
) -> None:
    """Take events from the topic into the log, each exactly once, until Ctrl-C or SIGTERM.

    Processes of one group share the partitions. Where events would be lost, or a topic is another
    one, that partition stands and the log says why; the others go on.
    """
    from cli.brokers import where_in
    from cli.wiring import installation

    if partition and skip_to is None:
        raise typer.BadParameter("goes with --skip-to", param_hint="--partition")
    start = read_begin(begin)
    with installation() as parts:
        if status:
            _print_status(parts, as_json)
        elif skip_to is not None:
            where = read(where_in, skip_to, "--skip-to")
            _skip(parts, where, partitions=partition or [], actor=actor)
            _print_status(parts, as_json)
        else:
            _run(parts, start, actor=actor, metrics_port=metrics_port)


def _run(
    parts: "Installation", start: "Where | None", *, actor: str | None, metrics_port: int | None
) -> None:
    from contextlib import nullcontext

    from cli.clock import stopped_by_signal
    from cli.consuming import consuming, shown
    from cli.deciding import acting
    from cli.logs import log_to_stderr
    from consumers.topics.figures import Figures

    log_to_stderr(parts.settings.log_level)
    figures = Figures()
    host = parts.settings.http_host
    metrics = (
        nullcontext() if metrics_port is None else shown(figures.registry, host, port=metrics_port)
    )
    stop = stopped_by_signal()
    with (
        metrics as port,
        consuming(parts, begin=start, actor=acting(parts, actor), figures=figures) as stream,
    ):
        where = f", figures at http://{host}:{port}" if port else ""
        typer.echo(f"consuming {parts.settings.kafka_topic}{where}, Ctrl-C stops", err=True)
        stream.run(stop)


def _skip(
    parts: "Installation", where: "Where", *, partitions: list[int], actor: str | None
) -> None:
    from cli.consuming import moved
    from cli.deciding import acting

    for standing, offset in moved(parts, where, partitions=partitions, actor=acting(parts, actor)):
        name = f"{standing.place.topic}/{standing.place.partition}"
        typer.echo(f"{name} goes on at {offset}, it was at {standing.next_offset}", err=True)


def _print_status(parts: "Installation", as_json: bool) -> None:
    from cli.consuming import consumed
    from cli.render.consuming import consumed_json, consumed_sheet
    from cli.render.output import print_json
    from cli.render.sheet import show

    found: Sequence[Consumed] = consumed(parts)
    if as_json:
        print_json(consumed_json(found))
    else:
        show(consumed_sheet(found))
    if not all(one.is_sound for one in found):
        raise typer.Exit(ExitCode.INCOMPLETE)
