"""`toldonce audit`: whether the log is intact, shown to people who believe neither it nor us."""

import typer

from cli.commands import auditing_export, auditing_proofs, auditing_replay, auditing_verify

app = typer.Typer(no_args_is_help=True, help="Sign, prove, check and replay what the log holds.")
app.command("verify")(auditing_verify.verify)
app.command("checkpoint")(auditing_proofs.checkpoint)
app.command("prove")(auditing_proofs.prove)
app.command("witness")(auditing_proofs.witness)
app.command("key")(auditing_proofs.key)
app.command("export")(auditing_export.export)
app.command("check")(auditing_export.check)
app.command("replay")(auditing_replay.replay)
app.command("diff")(auditing_replay.diff)
