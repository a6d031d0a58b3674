"""`toldonce audit checkpoint`, `prove`, `witness` and `key`: what is signed, and what it proves."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.commands.options import AsJson
from cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from audit.formats.notes import Verifier
    from audit.formats.proofs import ConsistencyProof, InclusionProof
    from cli.wiring import Installation

Watching = Annotated[
    bool, typer.Option("--watch", help="Go on signing while the log grows, until Ctrl-C.")
]
Adopting = Annotated[
    bool,
    typer.Option(
        "--adopt",
        help="Where the record of what was signed is missing, take the database's word for it.",
    ),
]
Position = Annotated[
    int | None,
    typer.Argument(metavar="POSITION", min=1, help="Position of the entry.", show_default=False),
]
Source = Annotated[
    str | None, typer.Option("--source", metavar="SOURCE", help="Or the source of the event …")
]
Id = Annotated[str | None, typer.Option("--id", metavar="ID", help="… and its id.")]
Since = Annotated[
    int | None,
    typer.Option(
        "--since",
        metavar="SIZE",
        min=0,
        help="Prove instead that the log of this size grew into the present one.",
    ),
]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Write to a file, not to the terminal.")
]
Url = Annotated[str, typer.Argument(metavar="URL", help="Where /checkpoint and /tile are served.")]
LogKey = Annotated[
    str,
    typer.Option("--log-key", metavar="KEY", help="The log's public key (`toldonce audit key`)."),
]
KeyFile = Annotated[
    Path | None,
    typer.Option("--key-file", help="The witness's key; default: witness.key in TOLDONCE_HOME."),
]
State = Annotated[
    Path | None,
    typer.Option(
        "--state",
        help="What it cosigned last of this log; default: witness.checkpoint in TOLDONCE_HOME.",
    ),
]
OfWitness = Annotated[bool, typer.Option("--witness", help="The key of the witness instead.")]
Name = Annotated[
    str | None,
    typer.Option(
        "--name",
        metavar="NAME",
        help="What a key that is made now is called, such as log.example.org/toldonce.",
    ),
]


def checkpoint(watch: Watching = False, adopt: Adopting = False, as_json: AsJson = False) -> None:
    """Sign the head of the log, once all that is new was hashed anew, and print the checkpoint.

    What does not continue what was signed before is refused. `serve` and `up` do this too.
    """
    from cli.render.output import print_json, write_bytes
    from cli.wiring import installation

    with installation() as parts:
        signer = parts.signer
        if adopt:
            signer.adopt()
        for head in signer.sign():
            typer.echo(f"signed up to position {head.size}", err=True)
        note = _newest_note(parts)
        if as_json:
            print_json({"size": int(note.split("\n")[1]), "checkpoint": note})
        else:
            write_bytes(note.encode())
        if watch:
            _keep_signing(parts)


def prove(
    position: Position = None,
    source: Source = None,
    id_: Id = None,
    since: Since = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Prove that an entry stands in the signed log, or that the log only grew.

    Prints a tlog-proof, with the entry's leaf record in it: whoever has the log's public key checks
    it without us. The record names no person and holds the hash of the sealed event.
    """
    from cli.render.output import print_json, write_bytes
    from cli.wiring import installation

    asked = [position is not None, source is not None or id_ is not None, since is not None]
    if sum(asked) != 1 or (source is None) != (id_ is None):
        raise typer.BadParameter("give a POSITION, or --source and --id, or --since")
    with installation() as parts:
        if since is None:
            at = position or _position_of(parts, source or "", id_=id_ or "")
            proof: InclusionProof | ConsistencyProof = parts.prover.inclusion(at)
        else:
            proof = parts.prover.consistency(since)
    if out is not None:
        out.write_text(proof.text, "utf-8")
    elif as_json:
        print_json({"proof": proof.text, "checkpoint": proof.checkpoint})
    else:
        write_bytes(proof.text.encode())


def witness(
    url: Url,
    log_key: LogKey,
    key_file: KeyFile = None,
    state: State = None,
    out: Out = None,
) -> None:
    """Cosign the newest checkpoint of a log, if it grew out of the one that was cosigned last.

    For somebody apart from the log: needs no database, and reads /checkpoint and /tile below URL.
    """
    from audit.fetching import RemoteLog
    from audit.keys import witness_key_file
    from audit.witness import Witness
    from cli.render.output import write_bytes
    from cli.settings import load_settings
    from cli.wiring import now

    home = load_settings().home
    key = witness_key_file(key_file or home / "witness.key")
    log, remote = _log_verifier(log_key), RemoteLog(url)
    watching = Witness(key, log=log, state=state or home / "witness.checkpoint")
    at_s = int(now().timestamp())
    note = watching.cosign(remote, at_s=at_s)
    if out is not None:
        out.write_text(note, "utf-8")
    else:
        write_bytes(note.encode())


def key(of_witness: OfWitness = False, name: Name = None, as_json: AsJson = False) -> None:
    """Print the public key by which checkpoints are checked; the key is made if there is none.

    Give it to whoever audits, by another way than the checkpoints come.
    """
    from audit.keys import witness_key_file
    from cli.render.output import print_json
    from cli.settings import load_settings
    from cli.wiring import signing_key

    settings = load_settings()
    if of_witness:
        found = witness_key_file(settings.home / "witness.key", name=name)
    else:
        found = signing_key(settings, name=name)
    public = found.verifier
    if as_json:
        print_json({"name": public.name, "key": str(public)})
    else:
        typer.echo(str(public))


def _newest_note(parts: "Installation") -> str:
    newest = parts.tree.newest_of(str(parts.signing_key.verifier))
    if newest is None:
        typer.echo("the log is empty, nothing was signed", err=True)
        raise typer.Exit(ExitCode.INCOMPLETE)
    return newest.note


def _keep_signing(parts: "Installation") -> None:
    from cli.clock import stopped_by_signal
    from cli.logs import log_to_stderr

    log_to_stderr(parts.settings.log_level)
    parts.signer.run_forever(stopped_by_signal())


def _position_of(parts: "Installation", source: str, *, id_: str) -> int:
    from contextlib import closing

    from eventlog.read import LogReader

    with closing(LogReader(parts.database_url, parts.keyring)) as reader:
        found = reader.positions_of([(source, id_)])
    if not found:
        typer.echo("the log holds no event of that source and id", err=True)
        raise typer.Exit(ExitCode.INCOMPLETE)
    return next(iter(found.values()))


def _log_verifier(text: str) -> "Verifier":
    from audit.errors import NoteInvalid
    from audit.formats.notes import parse_verifier

    try:
        return parse_verifier(text)
    except NoteInvalid as error:
        raise typer.BadParameter(str(error), param_hint="--log-key") from None
