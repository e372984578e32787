"""``cbamgw publish``: put footprints on offer."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.check.catalog import message, printable
from gateway.cli.keys import PassphraseFile, signing_key
from gateway.cli.publish_report import Outcome, Report, refused_code
from gateway.cli.stores import DatabaseUrl, store_of
from gateway.formats.files import read_input
from gateway.model.finding import Finding, Refused, errors, finding

if TYPE_CHECKING:
    from gateway.pact.offer import Prepared
    from gateway.store.database import Store
    from gateway.trust.keys import SigningKey

RECORDS = (".json", ".xlsx")
"""Files of a folder that are published; others in it are left alone."""


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("publish", epilog="Example: cbamgw publish record.xlsx --sign plant.key")(_publish)


def _publish(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Records or PACT footprints, and folders of them (.json, .xlsx); - is standard input.",
        ),
    ],
    sign: Annotated[str, typer.Option("--sign", metavar="KEY", help="Sign with this private key.")] = "",
    passphrase_file: PassphraseFile = "",
    public_base_url: Annotated[
        str,
        typer.Option(
            "--public-base-url",
            envvar="CBAMGW_PUBLIC_BASE_URL",
            metavar="URL",
            help="How others reach this host: https://NAME. With it, partners are told by event.",
        ),
    ] = "",
    keep_source: Annotated[
        bool,
        typer.Option(
            "--keep-source", help="Keep the document that it was made from beside it, never served."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Put footprints on offer. Each is checked and signed once; what is served are these bytes.

    Each file is a transaction of its own: one that is refused keeps no other back, and exit code 1 says that there
    was one. A footprint that another names as preceding becomes Deprecated, whichever comes first. Publishing the
    same again changes no byte of it; a signature or a data model that it lacks is added.
    Ledger and residue can be made again from a source that was kept.
    """
    from gateway.pact.own_address import own_address

    key = signing_key(sign, passphrase_file)
    here = own_address(public_base_url) if public_base_url else ""
    report = Report(as_json=as_json, many=len(files) > 1 or any(Path(name).is_dir() for name in files))
    with ExitStack() as stack:
        run = _Run(stack, database_url, key, here, keep_source)
        for file in files:
            for name in _files_of(file, report):
                report.add(run.outcome(name))
    report.end()
    if report.refused:
        raise typer.Exit(refused_code(report))


def _files_of(name: str, report: Report) -> list[str]:
    """A file as it is; of a folder the records in it, in the order of their names."""
    folder = Path(name)
    if name == "-" or not folder.is_dir():
        return [name]
    found = [
        str(file)
        for file in sorted(folder.iterdir())
        if file.suffix.lower() in RECORDS and not file.name.startswith((".", "~$")) and file.is_file()
    ]
    if not found:
        report.add(Outcome(name, findings=(finding("PUBLISH-NO-RECORD", stage="read", file=name),)))
    return found


class _Run:
    """What the files of one call share. The store is opened for the first footprint that can be published."""

    def __init__(
        self, stack: ExitStack, database_url: str | None, key: SigningKey | None, here: str, keep: bool
    ) -> None:
        self.stack, self.database_url = stack, database_url
        self.key, self.here, self.keep = key, here, keep
        self.opened: Store | None = None

    @property
    def store(self) -> Store:
        if self.opened is None:
            self.opened = self.stack.enter_context(store_of(self.database_url))
        return self.opened

    def outcome(self, file: str) -> Outcome:
        """Publish one file; a refusal is its outcome, except where the store itself cannot be opened."""
        from gateway.pact.offer import prepare

        try:
            prepared = prepare(read_input(file), self.key, self.here)
        except Refused as refused:
            return Outcome(file, findings=refused.findings)
        store = self.store
        try:
            return self._offered(store, file, prepared)
        except Refused as refused:
            return Outcome(file, prepared.offer.pf_id, findings=refused.findings)

    def _offered(self, store: Store, file: str, prepared: Prepared) -> Outcome:
        from gateway.pact.notices import partners_to_tell
        from gateway.pact.offer import put_on_offer
        from gateway.store.clients import viewers
        from gateway.store.footprints import is_unsigned
        from gateway.store.sources import keep_source

        offer = prepared.offer
        with store.write() as connection:
            made = put_on_offer(connection, prepared, store.now(), self.key, self.here)
            untold = [] if self.here else partners_to_tell(connection, made.news, made.news_in_v2)
            if self.keep:
                keep_source(connection, offer.pf_id, "source", *prepared.source, store.now())
            names = [printable(client.name) for client in viewers(connection, offer.pf_id)]
            bare = not made.is_new and self.key is not None and is_unsigned(connection, offer.pf_id)
        found = _worth_saying(prepared) if made.is_new or "body" in made.added.values() else []
        found += [
            _unsigned(pf_id) for pf_id in dict.fromkeys((*made.bared, *([offer.pf_id] if bare else [])))
        ]
        if untold:
            found.append(finding("EVENT-NOT-TOLD", stage="serve", severity="warning", count=len(untold)))
        return Outcome(
            file,
            offer.pf_id,
            "published" if made.is_new else "completed" if made.added else "unchanged",
            tuple(sorted(offer.bodies, reverse=True)),
            tuple(names),
            made.deprecated,
            made.added,
            tuple(found),
        )


def _worth_saying(prepared: Prepared) -> list[Finding]:
    """Warnings, and why there is no version 2; an error here tells only that, and stands in the warning on it."""
    from gateway.pact.models import newest_v2

    wrong = errors(prepared.findings)
    found = [item for item in prepared.findings if item not in wrong and item.severity == "warning"]
    if newest_v2() is not None and not any(model.startswith("2.") for model in prepared.offer.bodies):
        found.append(_no_v2(prepared.offer.pf_id, wrong))
    return found


def _unsigned(pf_id: str) -> Finding:
    return finding("PUBLISH-UNSIGNED", stage="serve", severity="warning", footprint=pf_id)


def _no_v2(pf_id: str, wrong: list[Finding]) -> Finding:
    reasons = {lang: "; ".join(_with_field(item, lang) for item in wrong[:3]) or "?" for lang in ("en", "zh")}
    return finding(
        "SERVE-NO-V2",
        stage="serve",
        severity="warning",
        footprint=pf_id,
        reason=reasons["en"],
        reason_zh=reasons["zh"],
    )


def _with_field(item: Finding, lang: str) -> str:
    """What is wrong and the sender's own field or cell."""
    field = printable(item.origin or item.path)
    said = message(item, lang).rstrip(".。")
    return f"{field}: {said}" if field else said
