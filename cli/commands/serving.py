"""`toldonce serve`, `up` and `clock`: what runs as long as it is wanted."""

from typing import Annotated

import typer

from cli.commands.options import Actor, AsJson, Begin, read_begin

Host = Annotated[str | None, typer.Option("--host", help="Address, if not that of the settings.")]
Port = Annotated[
    int | None,
    typer.Option(
        "--port", min=0, max=65535, help="Port, if not that of the settings; 0 is any free one."
    ),
]

Once = Annotated[bool, typer.Option("--once", help="Say what is due now, and end.")]


def serve(host: Host = None, port: Port = None) -> None:
    """Serve the HTTP interface, keep the projections and a checkpoint at the head of the log.

    The clock runs too. Ends with Ctrl-C or SIGTERM; requests under way are answered first.
    """
    from cli.clock import clock_beside
    from cli.listening import listener, url_of
    from cli.server import application, log_to_stderr, run
    from cli.signing import signing_beside
    from cli.wiring import installation

    with installation() as parts:
        settings = parts.settings
        chosen = settings.http_port if port is None else port
        with listener(host or settings.http_host, chosen) as listens:
            log_to_stderr(settings.log_level)
            app = application(parts)
            url = url_of(listens)
            typer.echo(f"serving {url}, the desk is at {url}/desk, Ctrl-C stops", err=True)
            also = {"clock": clock_beside(parts).run_forever, "signer": signing_beside(parts)}
            run(app, parts.runner, listens=listens, also=also)


def up(host: Host = None, port: Port = None, begin: Begin = None, actor: Actor = None) -> None:
    """Run everything that one machine needs in one process: serve, project, clock and consume.

    Kafka is read if TOLDONCE_KAFKA_BOOTSTRAP_SERVERS says where it is. Ends with Ctrl-C or
    SIGTERM, or when one of its parts ends; what is under way is finished first.
    """
    from cli.listening import listener, url_of
    from cli.running import everything
    from cli.server import application, log_to_stderr, run
    from cli.wiring import installation

    start = read_begin(begin)
    with installation() as parts:
        settings = parts.settings
        chosen = settings.http_port if port is None else port
        with listener(host or settings.http_host, chosen) as listens:
            log_to_stderr(settings.log_level)
            app = application(parts)
            with everything(parts, app.state.registry, begin=start, actor=actor) as also:
                reads = f", reading {settings.kafka_topic}" if "consumer" in also else ""
                url = url_of(listens)
                said = f"serving {url}{reads}, the desk is at {url}/desk, Ctrl-C stops"
                typer.echo(said, err=True)
                run(app, parts.runner, listens=listens, also=also)


def clock(once: Once = False, as_json: AsJson = False) -> None:
    """Notice that the time of promises has passed, and have each said once in the log.

    `serve` has a clock of its own; however many run, each promise lapses once for each due time.
    Ends with Ctrl-C or SIGTERM.
    """
    from cli.clock import clock_alone, stopped_by_signal
    from cli.render.output import print_json
    from cli.wiring import installation
    from domain.sentences.phrases import count

    with installation() as parts:
        ticking = clock_alone(parts)
        if not once:
            ticking.run_forever(stopped_by_signal())
            return
        said = ticking.strike().said
    if as_json:
        print_json({"lapsed": said})
    else:
        typer.echo(f"{count(said, 'promise')} lapsed")
