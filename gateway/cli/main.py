"""``cbamgw``: the command, its verbs and its exit codes.

Exit codes are a contract: 0 conforms, 1 does not, 2 wrong usage, 3 could not run. Never a count.
"""

from __future__ import annotations

import importlib
import os
import sys

import typer

from gateway.cli.common import EXIT_CANNOT_RUN, EXIT_NOT_CONFORMING, EXIT_USAGE, print_findings, set_language
from gateway.model.finding import Refused

VERBS = (
    "formats",
    "new",
    "inspect",
    "check",
    "translate",
    "calculate",
    "keys",
    "sign",
    "verify",
    "explain",
    "mapping",
    "schemas",
    "demo",
)

app = typer.Typer(
    name="cbamgw",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Translate Chinese product carbon footprint records to and from CBAM XML, ISO 14067 and PACT.",
)


@app.callback()
def _options(
    lang: str = typer.Option("", "--lang", help="Language of messages: en or zh. Default: the locale."),
) -> None:
    set_language(lang)


for _verb in VERBS:
    importlib.import_module(f"gateway.cli.{_verb}").register(app)


def run() -> None:
    """The console entry point: maps every outcome to an exit code, never to a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        app(standalone_mode=True)
    except Refused as refused:
        print_findings(refused.findings)
        cannot = any(f.stage in ("read", "write") and f.rule in CANNOT_RUN for f in refused.findings)
        sys.exit(EXIT_CANNOT_RUN if cannot else EXIT_NOT_CONFORMING)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_CANNOT_RUN)
    except KeyboardInterrupt:
        sys.exit(130)


CANNOT_RUN = {"READ-CANNOT-OPEN", "WRITE-FAILED", "WRITE-EXISTS"}
"""Rules that say the command could not do its work, rather than that a document is wrong."""

__all__ = ["EXIT_USAGE", "app", "run"]
