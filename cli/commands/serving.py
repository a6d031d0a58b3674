"""`toldonce serve`, `up` and `clock`: what runs as long as it is wanted."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.commands.options import Actor, AsJson, Begin, read_begin

if TYPE_CHECKING:
    from cli.companions import Order
    from cli.wiring import Installation

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
    from cli.companions import Order
    from cli.wiring import installation

    with installation() as parts:
        _serve(parts, [Order("projector", parts.shared_settings())], host=host, port=port)


def up(host: Host = None, port: Port = None, begin: Begin = None, actor: Actor = None) -> None:
    """Run everything that one machine needs: serve, project, clock and consume.

    Kafka is read if TOLDONCE_KAFKA_BOOTSTRAP_SERVERS says where it is. Ends with Ctrl-C or
    SIGTERM, or when one of its processes ends; what is under way is finished first.
    """
    from cli.companions import Order
    from cli.deciding import acting
    from cli.wiring import installation

    start = read_begin(begin)
    with installation() as parts:
        settings = parts.shared_settings()
        orders = [Order("projector", settings)]
        if settings.kafka_bootstrap_servers is not None:
            orders.append(Order("consumer", settings, start, actor=acting(parts, actor)))
        _serve(parts, orders, host=host, port=port)


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


def _serve(
    parts: "Installation", orders: "list[Order]", *, host: str | None, port: int | None
) -> None:
    from cli.companions import companions
    from cli.listening import listener, url_of
    from cli.logs import log_to_stderr
    from cli.server import application, run

    settings = parts.settings
    chosen = settings.http_port if port is None else port
    with (
        listener(host or settings.http_host, chosen) as listens,
        companions(orders) as beside,
    ):
        log_to_stderr(settings.log_level)
        app = application(parts)
        beside.wait_until_at_work()
        reads = f", reading {settings.kafka_topic}" if len(orders) > 1 else ""
        url = url_of(listens)
        typer.echo(f"serving {url}{reads}, the desk is at {url}/desk, Ctrl-C stops", err=True)
        run(app, beside, listens=listens)
