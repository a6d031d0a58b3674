"""`toldonce serve`: the HTTP interface, with a projector beside it."""

from typing import Annotated

import typer

Host = Annotated[str | None, typer.Option("--host", help="Address, if not that of the settings.")]
Port = Annotated[
    int | None,
    typer.Option(
        "--port", min=0, max=65535, help="Port, if not that of the settings; 0 is any free one."
    ),
]


def serve(host: Host = None, port: Port = None) -> None:
    """Serve the HTTP interface and keep the projections at the head of the log.

    Ends with Ctrl-C or SIGTERM; requests under way are answered first.
    """
    from cli.listening import listener, url_of
    from cli.server import application, log_to_stderr, run
    from cli.wiring import installation

    with installation() as parts:
        settings = parts.settings
        chosen = settings.http_port if port is None else port
        with listener(host or settings.http_host, chosen) as listens:
            log_to_stderr(settings.log_level)
            app = application(parts)
            typer.echo(f"serving {url_of(listens)}, Ctrl-C stops", err=True)
            run(app, parts.runner, listens=listens)
