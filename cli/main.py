"""The command line: every command by its name, every failure as one line and an exit code."""

import os
import signal
import sys
from typing import NoReturn

import typer

from cli.commands import (
    auditing,
    consuming,
    deciding,
    demonstrating,
    importing,
    looking,
    measuring,
    operating,
    projecting,
    promises,
    publishing,
    quarantining,
    reviewing,
    schemas,
    serving,
    timelines,
)
from cli.exit_codes import MEANINGS, ExitCode

HELP = """An event-sourced customer timeline: no customer ever has to repeat their story.

`toldonce demo` shows it at work; everything else begins with `toldonce import`.
"""
EPILOG = "Exit codes:\n\n" + "".join(f"- {code}: {said}\n" for code, said in MEANINGS.items())

# Read here and not from the settings, which may be what failed.
NOT_SET = ("", "0", "false", "no", "off")

app = typer.Typer(
    name="toldonce",
    help=HELP,
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)

LOOK = "Look"
FEED = "Feed"
DECIDE = "Decide"
RUN = "Run"
app.command("demo", rich_help_panel=LOOK)(demonstrating.demo)
app.command("find", rich_help_panel=LOOK)(looking.find)
app.command("brief", rich_help_panel=LOOK)(looking.brief)
app.command("timeline", rich_help_panel=LOOK)(timelines.timeline)
app.command("continuity", rich_help_panel=LOOK)(measuring.continuity)
app.command("promises", rich_help_panel=LOOK)(promises.promises)
app.command("review", rich_help_panel=LOOK)(reviewing.review)
app.command("import", rich_help_panel=FEED)(importing.import_)
app.command("schema", rich_help_panel=FEED)(schemas.schema)
app.command("asyncapi", rich_help_panel=FEED)(schemas.asyncapi)
app.command("publish", rich_help_panel=FEED)(publishing.publish)
app.add_typer(quarantining.app, name="quarantine", rich_help_panel=FEED)
app.command("link", rich_help_panel=DECIDE)(deciding.link)
app.command("relate", rich_help_panel=DECIDE)(deciding.relate)
app.command("merge", rich_help_panel=DECIDE)(deciding.merge)
app.command("unmerge", rich_help_panel=DECIDE)(deciding.unmerge)
app.command("erase", rich_help_panel=DECIDE)(deciding.erase)
app.add_typer(auditing.app, name="audit", rich_help_panel=RUN)
app.command("up", rich_help_panel=RUN)(serving.up)
app.command("serve", rich_help_panel=RUN)(serving.serve)
app.command("clock", rich_help_panel=RUN)(serving.clock)
app.command("consume", rich_help_panel=RUN)(consuming.consume)
app.add_typer(projecting.app, name="projections", rich_help_panel=RUN)
app.command("migrate", rich_help_panel=RUN)(operating.migrate)
app.command("settings", rich_help_panel=RUN)(operating.settings)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run one command and end the process with its exit code."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        app(args=arguments, prog_name="toldonce")
    except BrokenPipeError:
        # Whoever read our answer has seen enough; the interpreter must not try to flush the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        if os.environ.get("TOLDONCE_DEBUG", "").lower() not in NOT_SET:
            raise
        from cli.failures import exit_code_of, said_of

        print(f"toldonce: {said_of(error)}", file=sys.stderr)
        sys.exit(exit_code_of(error))
    sys.exit(ExitCode.OK)


def _terminate(number: int, frame: object) -> NoReturn:
    """End like a command that is done: transactions roll back, the embedded server is released."""
    sys.exit(ExitCode.TERMINATED)
