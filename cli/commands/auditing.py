"""`toldonce audit`: whether the log is intact, shown to people who believe neither it nor us."""

import typer

from cli.commands import auditing_proofs

app = typer.Typer(no_args_is_help=True, help="Sign, prove and check what the log holds.")
app.command("checkpoint")(auditing_proofs.checkpoint)
app.command("prove")(auditing_proofs.prove)
app.command("witness")(auditing_proofs.witness)
app.command("key")(auditing_proofs.key)
