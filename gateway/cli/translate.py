"""``cbamgw translate``: one document to another format, with the ledger of every field."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from typing import Any, BinaryIO, NamedTuple

import typer

from gateway.bulk.journey import LongJourney, LongSource
from gateway.bulk.sources import digest_of, long_source
from gateway.check.document import join_of
from gateway.check.repair import can_repair, repaired, with_offers
from gateway.check.report import finding_json
from gateway.cli.batch import translate_lines
from gateway.cli.common import EXIT_NOT_CONFORMING, language, open_document, print_findings
from gateway.cli.keys import signing_key
from gateway.cli.long import LongFiles, translate_long
from gateway.cli.output import refuse_outputs, write_all
from gateway.formats.files import read_input
from gateway.formats.json_reader import read_json, write_json
from gateway.formats.registry import PAGE, Document, filled_cells, resolve, suffix_fault, syntax_of
from gateway.methods.views import about_one_installation
from gateway.model.finding import Refused, finding
from gateway.model.repair import Mended
from gateway.route import Journey, Wish, schema_of, translate
from gateway.signed import long_signature, signature_of, statement_of
from gateway.translate.residue import Residue, read_residue
from gateway.trust.keys import SigningKey


def ledger_json(journey: Journey | LongJourney) -> dict[str, Any]:
    """The ledger file: the route, both counts, the summary, the findings and every entry."""
    assert journey.ledger is not None
    return {
        "route": route_of(journey),
        "leaves": {"source": journey.ledger.source_leaves, "target": journey.ledger.target_leaves},
        "draft": journey.wish.draft and not journey.conforms,
        "written": journey.conforms or journey.wish.draft,
        "verdicts": journey.verdicts,
        "summary": journey.ledger.summary(),
        "repairs": repairs_json(journey.source.mended),
        "findings": [finding_json(item) for item in journey.findings],
        **cells_of(journey),
        "entries": [entry.as_json() for entry in journey.ledger.entries],
    }


def repairs_json(mended: Mended | None) -> list[dict[str, Any]]:
    """What was mended before the document was read, with the line of each."""
    return [item._asdict() for item in mended.repairs] if mended is not None else []


def cells_of(journey: Journey | LongJourney) -> dict[str, Any]:
    """Where leaves stand in a workbook: source leaves that were read from one, target leaves of a filled form."""
    target = filled_cells(journey.wish.to, journey.lowered.tree) if isinstance(journey, Journey) else {}
    cells = {"source": dict(journey.source.places), "target": target}
    return {"cells": cells} if any(cells.values()) else {}


def route_of(journey: Journey | LongJourney) -> dict[str, Any]:
    """From what to what, and which schemas judged."""
    return {
        "from": journey.source.format_id,
        "version": journey.source.found or "named",
        "to": journey.wish.to,
        "schemas": {name: schema_of(name) for name in (journey.source.format_id, journey.wish.to)},
        "steps": [name for name, _ in journey.steps],
        **({"installation": journey.wish.installation} if journey.wish.installation else {}),
    }


def ledger_lines(journey: Journey) -> bytes:
    """The ledger as JSON lines: one entry a line, the summary last."""
    whole = ledger_json(journey)
    entries = whole.pop("entries")
    return b"".join(write_line(row) for row in [*entries, whole])


def write_line(row: Any) -> bytes:
    """One JSON line."""
    import orjson

    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def summary_line(journey: Journey | LongJourney) -> str:
    """The first line of every run: both counts, then how many entries of each fidelity."""
    assert journey.ledger is not None
    counts = journey.ledger.summary()
    if language() == "zh":
        names = {
            "exact": "一致",
            "converted": "换算",
            "derived": "计算",
            "defaulted": "默认",
            "lost": "未携带",
        }
        shown = "，".join(f"{names[name]} {count}" for name, count in counts.items())
        return (
            f"源字段 {journey.ledger.source_leaves} 个，目标字段 {journey.ledger.target_leaves} 个：{shown}"
        )
    shown = ", ".join(f"{count} {name}" for name, count in counts.items())
    return (
        f"{journey.ledger.source_leaves} source leaves, {journey.ledger.target_leaves} target leaves: {shown}"
    )


def repair_line(mended: Mended) -> str:
    """How many repairs of each kind were made."""
    counts = Counter(item.rule for item in mended.repairs)
    shown = ", ".join(f"{count} {rule}" for rule, count in sorted(counts.items()))
    return (
        f"更正 {counts.total()} 处：{shown}" if language() == "zh" else f"{counts.total()} repairs: {shown}"
    )


def register(app: typer.Typer) -> None:
    """Adds the verb."""

    @app.command(
        "translate",
        epilog="Example: cbamgw translate record.json --to cbam.qreport --with consignment.json "
        "-o report.xml --ledger ledger.json",
    )
    def _translate(
        file: str = typer.Argument(..., help="The document; - for standard input."),
        to: str = typer.Option(..., "--to", help="The target format, with or without version."),
        source: str = typer.Option("", "--from", help="The source format, instead of what the file is."),
        with_files: list[str] = typer.Option([], "--with", help="A second document to merge in."),
        out: str = typer.Option("-", "-o", "--output", help="Where the document goes."),
        ledger: str = typer.Option("", "--ledger", help="Where the ledger goes; .jsonl streams it."),
        residue: str = typer.Option("", "--residue", help="Outward: write it. On the way home: read it."),
        template: str = typer.Option(
            "", "--template", help="The publisher's blank workbook, where the target is one that is filled."
        ),
        installation: str = typer.Option(
            "", "--installation", help="Operator's reports: the site of the record that is meant, by its id."
        ),
        sign: str = typer.Option("", "--sign", help="Sign the document with this key."),
        passphrase_file: str = typer.Option("", "--passphrase-file", help="Holds the passphrase of the key."),
        draft: bool = typer.Option(
            False, "--draft", help="Write the document in spite of errors, marked so."
        ),
        repair: bool = typer.Option(
            False,
            "--repair",
            help="Mend what is certain in a dirty XML report; each repair is in the ledger.",
        ),
        force: bool = typer.Option(False, "--force", help="Overwrite existing files."),
    ) -> None:
        """Translate a document and account for every field. Exit 0: written. Exit 1: refused, with reasons.

        A FILE that ends in .jsonl holds one record a line and becomes one document a line.
        """
        if file.lower().endswith(".jsonl"):
            if with_files or residue or draft or source or repair:
                raise typer.BadParameter(
                    "--with, --residue, --draft, --repair and --from are for a single document"
                )
            _refuse_choice(installation, "", target := resolve(to))
            wish = Wish(
                target, base_url=os.environ.get("CBAMGW_PUBLIC_BASE_URL", ""), installation=installation
            )
            _many(file, wish, out, ledger, sign, passphrase_file, force=force)
            return
        if sign and out == "-":
            raise typer.BadParameter(
                "a signature lies beside the document: name an output file", param_hint="--sign"
            )
        names = _Names(file, with_files, out, ledger, residue, sign, passphrase_file, template, installation)
        journey = _one(names, resolve(to), source or None, draft=draft, repair=repair, force=force)
        if not journey.conforms:
            raise typer.Exit(EXIT_NOT_CONFORMING)


class _Names(NamedTuple):
    """The files of one run, as they were named."""

    file: str
    others: list[str]
    out: str
    ledger: str
    residue: str
    key: str
    passphrase_file: str
    template: str = ""
    installation: str = ""

    @property
    def signature(self) -> str:
        return f"{self.out}.jws" if self.key else ""


def _one(
    names: _Names, target: str, source: str | None, *, draft: bool, repair: bool, force: bool
) -> Journey | LongJourney:
    """One document: everything is read, made and signed before the first file appears."""
    read = [names.file, *names.others, names.key, names.passphrase_file, names.template]
    results = [names.out, names.ledger, names.signature]
    refuse_outputs(results, read, force=force)
    offered = suffix_fault(target, names.out)
    if offered:
        said = (
            f"{target} 的文件后缀为 {offered}" if language() == "zh" else f"{target} is written as {offered}"
        )
        raise typer.BadParameter(f"{names.out}: {said}", param_hint="-o")
    key = signing_key(names.key, names.passphrase_file)
    long = None if names.residue or repair else long_source([names.file, *names.others], target, source)
    if long is not None:
        _refuse_choice(names.installation, "", target)
        return _long(long, names, target, key, draft=draft, force=force)
    document = _mended(open_document(names.file, source), repair=repair)
    _refuse_choice(names.installation, document.format_id, target)
    others = [open_document(name) for name in names.others]
    home = _returning(names.residue, document.format_id, target)
    if names.residue and home is None:
        refuse_outputs([*results, names.residue], read, force=force)
    syntax = syntax_of(target, names.out)
    if syntax == PAGE and names.key:
        raise typer.BadParameter("sign the JSON document: the page names its digest", param_hint="--sign")
    wish = Wish(
        target,
        syntax=syntax,
        draft=draft,
        base_url=os.environ.get("CBAMGW_PUBLIC_BASE_URL", ""),
        keep_residue=bool(names.residue) and home is None,
        blank=read_input(names.template) if names.template else None,
        installation=names.installation,
    )
    journey = translate(document, wish, others, home)
    typer.echo(summary_line(journey), err=True)
    if document.mended is not None:
        typer.echo(repair_line(document.mended), err=True)
    print_findings(journey.findings)
    write_all(_outputs(journey, names, key, draft=draft), force=force)
    return journey


def _refuse_choice(installation: str, source: str, target: str) -> None:
    """An installation is named only where a document is about one: on the way out, and on the way home."""
    if installation and not any(about_one_installation(join_of(name)) for name in (source, target) if name):
        raise typer.BadParameter(f"{target} is not about one installation", param_hint="--installation")


def _mended(document: Document, *, repair: bool) -> Document:
    """The document with what can be mended: put right where that was asked for, otherwise named."""
    if repair and not can_repair(document):
        raise typer.BadParameter(f"{document.format_id} has no table of repairs", param_hint="--repair")
    return repaired(document) if repair else with_offers(document)


def _long(
    source: LongSource, names: _Names, target: str, key: SigningKey | None, *, draft: bool, force: bool
) -> LongJourney:
    """A very long document: the same files and the same words, made an element at a time."""
    wish = Wish(target, draft=draft, base_url=os.environ.get("CBAMGW_PUBLIC_BASE_URL", ""))

    def sign(document: BinaryIO, ledger: str) -> bytes:
        assert key is not None
        route = (source.bases[0].format_id, target)
        digests = [digest_of(name) for name in (names.file, *names.others)]
        return long_signature(document, key, statement_of(key, route, digests, ledger))

    files = LongFiles(names.out, names.ledger, names.signature, sign if key is not None else None)
    journey = translate_long(source, wish, files, _without_entries, force=force)
    typer.echo(summary_line(journey), err=True)
    print_findings(journey.findings)
    return journey


def _without_entries(journey: LongJourney) -> dict[str, Any]:
    whole = ledger_json(journey)
    del whole["entries"]
    return whole


def _outputs(
    journey: Journey, names: _Names, key: SigningKey | None, *, draft: bool
) -> list[tuple[str, bytes]]:
    """(name, bytes) of all that is written: the ledger either way, the rest only when the document is."""
    outputs: list[tuple[str, bytes]] = []
    if journey.conforms or (draft and journey.data):
        outputs.append((names.out, journey.data))
        if key is not None:
            outputs.append((names.signature, signature_of(journey, key)))
        if journey.kept is not None:
            outputs.append((names.residue, write_json(journey.kept.as_json())))
    if names.ledger:
        lines = names.ledger.lower().endswith(".jsonl")
        outputs.append((names.ledger, ledger_lines(journey) if lines else write_json(ledger_json(journey))))
    return outputs


def _many(
    file: str, wish: Wish, out: str, ledger: str, sign: str, passphrase_file: str, *, force: bool
) -> None:
    refuse_outputs([out, ledger, f"{out}.jws" if sign else ""], [file, sign, passphrase_file], force=force)
    key = signing_key(sign, passphrase_file)
    tally = translate_lines(file, wish, out, ledger, key, force=force)
    counts = ", ".join(f"{count} {name}" for name, count in tally.entries.items())
    typer.echo(f"{tally.written} written, {tally.refused} refused; {counts}", err=True)
    if tally.refused:
        raise typer.Exit(EXIT_NOT_CONFORMING)


def _returning(name: str, source: str, target: str) -> Residue | None:
    """The residue named on the way home: it exists, and was kept on the trip in the other direction."""
    if not name or not os.path.isfile(name):
        return None
    try:
        kept = read_residue(read_json(read_input(name)))
    except Refused as refused:
        raise Refused(
            [replace(item, values={"file": name, **item.values}) for item in refused.findings]
        ) from refused
    if (kept.target_format, kept.source_format) == (source, target):
        return kept
    if (kept.source_format, kept.target_format) != (source, target):  # else it is written again, with --force
        raise Refused(
            finding(
                "RESIDUE-OTHER-TRIP",
                stage="translate",
                file=name,
                source=kept.source_format,
                target=kept.target_format,
            )
        )
    return None
