"""``cbamgw``: the command, its verbs and its exit codes.

Exit codes are a contract: 0 conforms, 1 does not, 2 wrong usage, 3 could not run. Never a count.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import traceback
from collections.abc import Iterable
from typing import Any

import typer
from typer.core import TyperGroup

from gateway import __version__
from gateway.cli import usage
from gateway.cli.common import (
    EXIT_CANNOT_RUN,
    EXIT_NOT_CONFORMING,
    EXIT_USAGE,
    language,
    print_findings,
    set_language,
)
from gateway.formats.files import write_failed
from gateway.model.finding import Finding, Refused, finding

VERBS = (
    "formats",
    "new",
    "inspect",
    "check",
    "translate",
    "calculate",
    "lookup",
    "keys",
    "sign",
    "verify",
    "explain",
    "mapping",
    "schemas",
    "demo",
    "publish",
    "share",
    "clients",
    "serve",
    "pact",
    "log",
    "backup",
    "restore",
    "erase",
    "partners",
    "events",
)

CANNOT_RUN = frozenset(
    {
        "BACKUP-ALTERED",
        "BACKUP-DAMAGED",
        "BACKUP-LOG",
        "BACKUP-NOT-RESTORED",
        "PULL-CREDENTIALS",
        "PULL-SECRET",
        "PULL-TOKEN",
        "PULL-TOKEN-ENDPOINT",
        "PULL-UNAUTHORISED",
        "READ-CANNOT-OPEN",
        "READ-TOO-LARGE",
        "RESIDUE-OTHER-TRIP",
        "RESIDUE-UNREADABLE",
        "STORE-FOREIGN",
        "STORE-MISSING",
        "STORE-NEWER",
        "STORE-NOT-EMPTY",
        "STORE-SECRET",
        "STORE-TIMEOUT",
        "STORE-UNREACHABLE",
        "STORE-URL",
        "TRUST-STORE",
        "WRITE-EXISTS",
        "WRITE-FAILED",
        "WRITE-OVER-INPUT",
    }
)
"""Rules that say the command could not do its work, not that a document is wrong; so do FETCH-…, KEY-… and SERVE-…"""

USAGE = frozenset({"BATCH-SYNTAX", "FORMAT-UNKNOWN"})
"""Rules on what was typed: a format exists or not before any document is read."""


def exit_code(findings: Iterable[Finding]) -> int:
    """The exit code of a refusal."""
    rules = {item.rule for item in findings}
    if rules & USAGE:
        return EXIT_USAGE
    cannot = any(rule in CANNOT_RUN or rule.startswith(("FETCH-", "KEY-", "SERVE-")) for rule in rules)
    return EXIT_CANNOT_RUN if cannot else EXIT_NOT_CONFORMING


class Gateway(TyperGroup):
    """The command as a whole: turns what the verbs raise on purpose into findings and an exit code."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ordered = _language_first(args)
        set_language(_language_of(ordered))
        try:
            return super().parse_args(ctx, ordered)
        except usage.UsageError as error:
            raise _wrong_usage(error) from error

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except usage.UsageError as error:
            raise _wrong_usage(error) from error
        except Refused as refused:
            print_findings(refused.findings)
            raise typer.Exit(exit_code(refused.findings)) from refused
        except BrokenPipeError as error:  # the reader has seen enough, as in | head -1
            _discard_output()
            raise typer.Exit(EXIT_CANNOT_RUN) from error


def _wrong_usage(error: Any) -> BaseException:
    """What is raised for wrong usage: the library's own error, or its end once it was told in Chinese."""
    if language() != "zh" or type(error).__name__ == "NoArgsIsHelpError":
        told: BaseException = error
        return told
    usage.tell(error)
    return typer.Exit(EXIT_USAGE)


def _language_of(args: list[str]) -> str:
    """The language that is asked for, known before the words are looked at: wrong usage is told in it too."""
    named = [args[n + 1] for n, word in enumerate(args[:-1]) if word == "--lang"]
    named += [word.partition("=")[2] for word in args if word.startswith("--lang=")]
    return named[-1] if named else ""


def _language_first(args: list[str]) -> list[str]:
    """``--lang zh`` may stand anywhere: people add it at the end of the command that they have just run."""
    rest = args[: args.index("--")] if "--" in args else args
    moved: list[str] = []
    kept: list[str] = []
    words = iter(rest)
    for word in words:
        if word == "--lang":
            moved += [word, *([value] if (value := next(words, None)) is not None else [])]
        else:
            (moved if word.startswith("--lang=") else kept).append(word)
    return [*moved, *kept, *args[len(rest) :]]


app = typer.Typer(
    name="cbamgw",
    cls=Gateway,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Translate Chinese product carbon footprint records to and from CBAM XML, ISO 14067 and PACT.",
    epilog="Example: cbamgw check record.xlsx --lang zh. Exit codes: 0 conforms, 1 does not, 2 wrong usage, "
    "3 could not run.",
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"cbamgw {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    lang: str = typer.Option("", "--lang", help="Language of messages: en or zh. Default: the locale."),
    _asked: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    if lang and not lang.lower().startswith(("en", "zh")):
        raise typer.BadParameter(f"{lang}: choose en or zh", param_hint="--lang")
    set_language(lang)


for _verb in VERBS:
    importlib.import_module(f"gateway.cli.{_verb}").register(app)


def run() -> None:
    """The console entry point: maps every outcome to an exit code, never to a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(_code())


def _code() -> int:
    try:
        try:
            app(standalone_mode=True)
        finally:
            sys.stdout.flush()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else EXIT_CANNOT_RUN if end.code else 0
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _discard_output()
    except OSError as error:  # standard output itself: a full disk behind a redirection
        print_findings(write_failed(error.filename or "-", error).findings)
        _discard_output()
    except Exception as error:
        if os.environ.get("CBAMGW_TRACEBACK"):
            traceback.print_exc()
        print_findings([finding("GATEWAY-DEFECT", stage="read", kind=type(error).__name__, reason=error)])
    return EXIT_CANNOT_RUN


def _discard_output() -> None:
    """What is still in the buffer goes nowhere, so that the interpreter does not complain at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


__all__ = ["app", "exit_code", "run"]
