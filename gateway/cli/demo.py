"""``cbamgw demo``: the whole journey on the aluminium example, with nothing but the package."""

from __future__ import annotations

import tempfile
from pathlib import Path

import typer

from gateway.check.catalog import describe, printable
from gateway.cli.common import EXIT_NOT_CONFORMING, language
from gateway.cli.output import write_out
from gateway.cli.translate import ledger_json, summary_line
from gateway.data import data_path
from gateway.formats.files import write_failed
from gateway.formats.json_reader import write_json
from gateway.formats.registry import formats, read_document, resolve
from gateway.route import Journey, Wish, translate
from gateway.signed import statement_for
from gateway.trust.keys import new_key
from gateway.trust.signing import sign_document
from gateway.trust.verifying import verify_document

TARGETS = ("pact.footprint", "iso14067.report", "cbam.qreport")
SHOWN = 8
SHOWN_LOST = 3


def register(app: typer.Typer) -> None:
    """Adds the verb."""

    @app.command("demo", epilog="Example: cbamgw demo -o demo")
    def _demo(
        folder: str = typer.Option(
            "", "-o", "--output", help="Where the files go. Default: a new temporary folder."
        ),
        force: bool = typer.Option(False, "--force", help="Overwrite files of an earlier demo."),
    ) -> None:
        """Translate the aluminium example to PACT, ISO 14067 and CBAM; check, sign and verify each."""
        place = Path(folder or tempfile.mkdtemp(prefix="cbamgw-demo-"))
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_failed(str(place), error) from error
        good = [_one(name, place, force=force) for name in TARGETS]
        typer.echo(f"\n{'文件位于' if language() == 'zh' else 'The files are in'} {place}")
        if not all(good):
            raise typer.Exit(EXIT_NOT_CONFORMING)


def _one(name: str, place: Path, *, force: bool) -> bool:
    record = read_document(data_path("examples", "aluminium.json").read_bytes())
    consignment = read_document(data_path("examples", "aluminium-consignment.json").read_bytes())
    others = [consignment] if name == "cbam.qreport" else []
    journey = translate(record, Wish(resolve(name)), others)
    known = formats()[name]
    out = place / f"aluminium.{name}{known.suffix}"
    typer.echo(f"\n=== {known.title[language()]} ({journey.wish.to})")
    typer.echo(summary_line(journey))
    for item in journey.findings:
        typer.echo(describe(item, language()))
    _show_ledger(journey)
    if not journey.conforms:
        return False
    write_out(str(out), journey.data, force=force)
    write_out(f"{out}.ledger.json", write_json(ledger_json(journey)), force=force)
    return _sign_and_verify(journey, out, known.media_type, force=force)


def _sign_and_verify(journey: Journey, out: Path, media_type: str, *, force: bool) -> bool:
    """A throw-away key: the demo shows the signature, not an identity."""
    key = new_key()
    signature = sign_document(journey.data, media_type, key, statement_for(journey, key))
    write_out(f"{out}.jws", signature, force=force)
    seen = verify_document(out.read_bytes(), signature, keys=[key.public])
    verdicts = ", ".join(f"{word}: {verdict}" for word, verdict in journey.verdicts.items())
    typer.echo(f"{verdicts}, signature: {seen.signature}, issuer: {seen.issuer}")
    return seen.signature == "valid"


def _show_ledger(journey: Journey) -> None:
    """Telling entries: what was computed, what was converted, and what was lost for which reason."""
    assert journey.ledger is not None
    entries = journey.ledger.entries
    telling = [e for e in entries if e.fidelity in ("derived", "converted") and e.target]
    for entry in sorted(telling, key=lambda e: e.fidelity != "derived")[:SHOWN]:
        source = entry.source[0] + (f" (+{len(entry.source) - 1})" if len(entry.source) > 1 else "")
        after = (entry.after or "")[:40]
        typer.echo(
            f"  {entry.fidelity:9} {source or '-'} -> {entry.target[0]} = {printable(after)}  [{entry.rule}]"
        )
    reasons = {e.note: e for e in reversed(entries) if e.fidelity == "lost"}
    for entry in list(reversed(reasons.values()))[1 : 1 + SHOWN_LOST]:
        typer.echo(f"  {entry.fidelity:9} {entry.source[0]}: {entry.note}  [{entry.rule}]")
