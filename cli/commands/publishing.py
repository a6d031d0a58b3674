"""`toldonce publish`: events from files into a topic of Kafka, as upstream systems do it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.commands.options import AsJson
from cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from consumers.publishing.producing import Destination, Manner

Files = Annotated[
    list[str],
    typer.Argument(metavar="FILE", help="Files of one JSON event a line; - is standard input."),
]
Topic = Annotated[
    str | None, typer.Option("--topic", metavar="NAME", help="Topic, if not that of the settings.")
]
Servers = Annotated[
    str | None,
    typer.Option(
        "--bootstrap-servers", metavar="HOST:PORT,…", help="Brokers, if not those of the settings."
    ),
]
Binary = Annotated[
    bool, typer.Option("--binary", help="Attributes as headers, only the data as the value.")
]
NoCheck = Annotated[
    bool, typer.Option("--no-check", help="Publish every line, also what is no valid event.")
]
Rate = Annotated[
    float | None,
    typer.Option("--rate", min=0.001, metavar="N", help="At most so many events a second."),
]


def publish(
    files: Files,
    topic: Topic = None,
    bootstrap_servers: Servers = None,
    is_binary: Binary = False,
    no_check: NoCheck = False,
    rate: Rate = None,
    as_json: AsJson = False,
) -> None:
    """Publish the events of files to Kafka and wait until the brokers acknowledged each.

    A record's key is the event's partitionkey, else the strongest identifier or reference in it,
    so that the events of one customer stay in order. Publishing the same again harms nothing.
    """
    from cli.brokers import security
    from cli.render.output import print_json
    from cli.render.sheet import show
    from cli.render.tallies import tally_line
    from cli.settings import load_settings
    from consumers.publishing.producing import Destination, Manner

    if is_binary and no_check:
        raise typer.BadParameter("goes without --no-check", param_hint="--binary")
    settings = load_settings()
    servers = bootstrap_servers or settings.kafka_servers
    to = Destination(servers, topic or settings.kafka_topic, security(settings))
    counts = _published(
        [Path(file) for file in files], to, manner=Manner(is_binary, not no_check, rate)
    )
    print_json(counts) if as_json else show(tally_line(counts))
    if counts["invalid"]:
        raise typer.Exit(ExitCode.INCOMPLETE)


def _published(paths: list[Path], to: Destination, *, manner: Manner) -> dict[str, int]:
    from cli.apart import apart
    from cli.render.imports import watched
    from cli.wiring import now
    from consumers.errors import BrokersUnavailable
    from consumers.publishing.producing import Publishing

    publishing = Publishing(to, now, manner=manner)
    with watched() as watcher:
        try:
            run = partial(publishing.run, paths, watcher=watcher)
            return apart(run, stop=publishing.stop).to_json()
        except (KeyboardInterrupt, SystemExit, BrokersUnavailable):
            done = publishing.counts.acknowledged
            said = f"{done:,} acknowledged until then; publishing the same again harms nothing"
            typer.echo(said, err=True)
            raise
