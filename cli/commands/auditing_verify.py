"""`toldonce audit verify`: whether the log is what was appended, and where it is not."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.commands.options import AsJson
from cli.exit_codes import ExitCode

Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="FILE|POSITION",
        help="A checkpoint that you kept, or a position, up to which all was verified before.",
    ),
]

Signer = Annotated[
    str | None,
    typer.Option(
        "--log-key",
        metavar="KEY",
        help="The log's public key, as you have it: there must be checkpoints signed by it.",
    ),
]


def verify(since: Since = None, signer: Signer = None, as_json: AsJson = False) -> None:
    """Read the whole log and say whether it is intact; else name the first position that is not.

    Bytes, leaves, tree, signed checkpoints, versions, keys, offsets: everything that follows from
    the stored bytes is computed anew. What could not be looked at is listed.
    """
    from audit.errors import NoteInvalid
    from audit.verification.log import verify_log
    from cli.render.output import print_json
    from cli.render.sheet import show
    from cli.render.verification import report_sheet, watched
    from cli.verifying import asked_of, since_in
    from cli.wiring import installation

    try:
        begin = None if since is None else since_in(since)
    except (NoteInvalid, OSError) as error:
        raise typer.BadParameter(str(error), param_hint="--since") from None
    with installation() as parts, watched() as told:
        asked = asked_of(parts, begin, signer=signer)
        report = verify_log(parts.database_url, asked, told=told)
    print_json(report.to_json()) if as_json else show(report_sheet(report))
    if not report.is_intact:
        raise typer.Exit(ExitCode.DAMAGED)
