"""`toldonce audit export` and `audit check`: handing the log over, and checking what was handed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.commands.options import AsJson, read_if
from cli.exit_codes import ExitCode

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="Empty, or not there yet.")]
OfCustomer = Annotated[
    str | None,
    typer.Option(
        "--customer", metavar="IDENTIFIER", help="Only what is this customer's, with proofs."
    ),
]
WithKeys = Annotated[
    bool,
    typer.Option(
        "--with-keys",
        help="With the streams' keys: shows that the events are what was sealed, and opens for "
        "whoever has the export what is filed there later.",
    ),
]
Exported = Annotated[
    Path, typer.Argument(metavar="FOLDER|FILE", help="An export, or a proof of `audit prove`.")
]
LogKey = Annotated[
    str | None,
    typer.Option("--log-key", metavar="KEY", help="The log's public key, as you have it."),
]


def export(
    folder: Folder,
    customer: OfCustomer = None,
    with_keys: WithKeys = False,
    as_json: AsJson = False,
) -> None:
    """Write the log, or one customer's part of it, so that anybody can check it without us.

    Entries, events, tiles or proofs, checkpoints, the register of keys, schemas, and a verifier in
    one file. The events are readable: keep the folder as carefully as the database.
    """
    from cli.exporting import exported
    from cli.render.output import print_json
    from cli.render.verification import watched
    from cli.wiring import installation
    from readers.asked import identifier_in

    whom = read_if(identifier_in, customer, "--customer")
    with installation() as parts, watched("writing entries") as told:
        manifest = exported(parts, folder, whom=whom, with_keys=with_keys, told=told)
    if manifest is None:
        typer.echo("that names no customer", err=True)
        raise typer.Exit(ExitCode.INCOMPLETE)
    if as_json:
        print_json(manifest)
    else:
        typer.echo(
            f"{manifest['entries']} entries, under the checkpoint of {manifest['size']}; "
            f"check them with `python {folder / 'verify.py'}`"
        )


def check(exported: Exported, log_key: LogKey = None, as_json: AsJson = False) -> None:
    """Check an export or a proof, with no database and no network.

    Without --log-key the signature is checked by the key that the export itself names.
    """
    from audit.export.check import check_export, check_proof
    from cli.render.output import print_json
    from cli.render.sheet import show
    from cli.render.verification import report_sheet

    report = (
        check_export(exported, log_key) if exported.is_dir() else check_proof(exported, log_key)
    )
    print_json(report.to_json()) if as_json else show(report_sheet(report))
    if not report.is_intact:
        raise typer.Exit(ExitCode.DAMAGED)
