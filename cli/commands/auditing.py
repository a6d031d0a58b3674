"""`toldonce audit`: the group of commands for whoever does not want to take our word."""

import typer

from cli.commands import auditing_replay, auditing_verify

app = typer.Typer(
    help="Check, prove, export and replay the log without taking anybody's word.",
    no_args_is_help=True,
)
app.command("verify")(auditing_verify.verify)
app.command("replay")(auditing_replay.replay)
app.command("diff")(auditing_replay.diff)
