"""``cbamgw events``: what came in, what goes out, what could not be delivered."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.check.catalog import printable
from gateway.cli.calling import AllowLoopback, AllowPrivate, CaFile, policy_of
from gateway.cli.common import EXIT_NOT_CONFORMING, language
from gateway.cli.output import say_if_empty
from gateway.cli.stores import DatabaseUrl, PublicBaseUrl, SecretFile, secret_of, store_of
from gateway.formats.json_reader import NumberText, write_json
from gateway.model.finding import Finding, Refused, finding

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from gateway.store.database import Store

Json = Annotated[bool, typer.Option("--json", help="For programs.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="The newest of them.")]

Trust = Annotated[
    Path | None,
    typer.Option("--trust", metavar="FILE", envvar="CBAMGW_TRUST", help="Trust store, for signatures."),
]

_MOMENTS = ("received", "created", "due", "gives_up", "delivered")
_INTERNAL = ("leased", "answers", "holds")


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    verb = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        help="See the events that came in and go out; deliver them; send dead letters again.",
        epilog="Example: cbamgw events dead",
    )
    verb.command("inbox", epilog="Example: cbamgw events inbox --json")(_inbox)
    verb.command("outbox", epilog="Example: cbamgw events outbox")(_outbox)
    verb.command("dead", epilog="Example: cbamgw events dead")(_dead)
    verb.command("fetches", epilog="Example: cbamgw events fetches --state dead")(_fetches)
    verb.command(
        "announce", epilog="Example: cbamgw events announce ID --public-base-url https://pcf.example.com"
    )(_announce)
    verb.command("reopen", epilog="Example: cbamgw events reopen 7")(_reopen)
    verb.command("retry", epilog="Example: cbamgw events retry --all-dead")(_retry)
    verb.command("deliver", epilog="Example: cbamgw events deliver")(_deliver)
    app.add_typer(verb, name="events")


def _inbox(
    state: Annotated[
        str, typer.Option("--state", help="Only these: new, waiting, done or quarantined.")
    ] = "",
    limit: Limit = 100,
    as_json: Json = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Events that came in, newest first: number, when, state, type, id, from whom, and what is odd about it.

    What is odd is a rule; ``cbamgw explain RULE`` says what it means and what to do.
    """
    _show("inbox", state, limit, as_json, database_url)


def _outbox(
    state: Annotated[str, typer.Option("--state", help="Only these: pending, delivered or dead.")] = "",
    limit: Limit = 100,
    as_json: Json = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Events that go out, newest first: number, when, state, type, id, to whom, tries, and what went wrong."""
    _show("outbox", state, limit, as_json, database_url)


def _dead(limit: Limit = 100, as_json: Json = False, database_url: DatabaseUrl = None) -> None:
    """Events that were given up, newest first. They are kept until they are sent again."""
    _show("outbox", "dead", limit, as_json, database_url)


def _fetches(
    state: Annotated[str, typer.Option("--state", help="Only these: pending, fetched or dead.")] = "",
    limit: Limit = 100,
    as_json: Json = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Footprints that partners announced, newest first: number, when, state, API, id, of whom, tries, what went wrong."""
    _show("announced", state, limit, as_json, database_url)


def _announce(
    footprints: Annotated[list[str], typer.Argument(metavar="ID...", help="Footprints on offer.")],
    public_base_url: PublicBaseUrl = "",
    database_url: DatabaseUrl = None,
) -> None:
    """Tell every partner that may see them of footprints on offer, once more or for the first time."""
    from gateway.pact.notices import announce
    from gateway.pact.own_address import own_address
    from gateway.store.footprints import own_body

    if not public_base_url:
        raise typer.BadParameter("--public-base-url: an event names the host that it comes from")
    here, wanted = own_address(public_base_url), list(dict.fromkeys(each.lower() for each in footprints))
    with store_of(database_url, create=False) as store, store.write() as connection:
        for each in wanted:
            if own_body(connection, each) is None:
                raise Refused(finding("SHARE-UNKNOWN", stage="store", footprint=each))
        count = announce(connection, wanted, here, store.now())
    typer.echo(f"{'已写入通知' if language() == 'zh' else 'Announcements written'}: {count}")


def _reopen(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="A number of 'events inbox'.")],
    database_url: DatabaseUrl = None,
) -> None:
    """Handle an event again that was kept aside (quarantined): after its partner was added, or what it answers asked."""
    from gateway.store.events import reopen

    with store_of(database_url, create=False) as store, store.write() as connection:
        reopen(connection, number, store.now())
    typer.echo(f"{'将重新处理' if language() == 'zh' else 'To be handled again:'} {number}")


def _retry(
    number: Annotated[
        int | None, typer.Argument(metavar="[NUMBER]", help="A number of 'events dead'.")
    ] = None,
    fetch: Annotated[
        int | None, typer.Option("--fetch", metavar="NUMBER", help="A number of 'events fetches'.")
    ] = None,
    all_dead: Annotated[
        bool, typer.Option("--all-dead", help="Every dead letter and every fetch that was given up.")
    ] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Send dead letters again, with the same id and bytes, or fetch again what was given up, for another 72 hours."""
    from gateway.store.announced import fetch_again
    from gateway.store.events import retry

    if (number is not None) + (fetch is not None) + all_dead != 1:
        raise typer.BadParameter("give a NUMBER, --fetch NUMBER or --all-dead")
    with store_of(database_url, create=False) as store, store.write() as connection:
        if all_dead:
            count, left = _all_again(connection, store.now())
        else:
            count, left = 1, []
            if number is not None:
                retry(connection, number, store.now())
            if fetch is not None:
                fetch_again(connection, fetch, store.now())
    typer.echo(f"{'将重新投递' if language() == 'zh' else 'To be sent again:'} {count}")
    if left:
        raise Refused(left)


def _all_again(connection: Connection, now: int) -> tuple[int, list[Finding]]:
    """Everything dead that may go, and why the rest may not: what is for a closed partner holds up nothing else."""
    from gateway.store.announced import fetch_again, list_announced
    from gateway.store.events import list_outbox, retry
    from gateway.store.withdrawn import NEVER_AGAIN

    dead = [row["number"] for row in list_outbox(connection, "dead") if row["last_error"] not in NEVER_AGAIN]
    fetches = [row["number"] for row in list_announced(connection, "dead")]
    count, left = 0, dict[str, Finding]()
    for again, numbers in ((retry, dead), (fetch_again, fetches)):
        for each in sorted(numbers):
            try:
                again(connection, each, now)
                count += 1
            except Refused as refused:
                left |= {str(item.values): item for item in refused.findings}
    return count, list(left.values())


def _deliver(
    ca_file: CaFile = None,
    allow_loopback: AllowLoopback = False,
    allow_private: AllowPrivate = False,
    trust: Trust = None,
    secret_file: SecretFile = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Try everything that is due, once: for cron, where the host that serves does not call out itself.

    What partners announced is fetched, too. Exit code 0: nothing is left, 1: something is still to be delivered or
    fetched, or was given up just now.
    """
    from gateway.pact.announced import announcements_of
    from gateway.pact.delivery import Delivery, Patience, fetcher_of, sender_of
    from gateway.trust.issuers import read_trust_store

    policy = policy_of(loopback=allow_loopback, private=allow_private)
    patience = Patience()
    with store_of(database_url, create=False) as store:
        secret = secret_of(secret_file)
        sender = sender_of(secret, lambda: fetcher_of(policy, ca_file, patience))
        believed = read_trust_store(trust) if trust is not None else None
        _, before = _left(store)
        asyncio.run(_once(Delivery(store, sender, patience)))
        asyncio.run(_once(announcements_of(store, secret, policy, ca_file, believed, patience)))
        pending, dead = _left(store)
    typer.echo(
        f"仍待处理 {pending}，已放弃 {dead}" if language() == "zh" else f"pending {pending}, dead {dead}"
    )
    if pending or dead > before:
        raise typer.Exit(EXIT_NOT_CONFORMING)


async def _once(delivery: Any) -> None:
    await delivery.step()
    await delivery.finish()
    await delivery.close()


def _left(store: Store) -> tuple[int, int]:
    """How many letters and announced footprints are pending, and how many dead."""
    from gateway.store.announced import count_announced
    from gateway.store.events import count_outbox

    with store.read() as connection:
        counts = Counter(count_outbox(connection)) + Counter(count_announced(connection))
    return counts["pending"], counts["dead"]


def _show(box: str, state: str, limit: int, as_json: bool, database_url: str | None) -> None:
    from gateway.store.announced import list_announced
    from gateway.store.events import list_inbox, list_outbox

    lists = {"inbox": list_inbox, "outbox": list_outbox, "announced": list_announced}
    with store_of(database_url, create=False) as store, store.read() as connection:
        found = lists[box](connection, state, limit)
    rows = [_said(row) for row in found]
    if as_json:
        sys.stdout.buffer.write(write_json(rows))
        return
    for row in rows:
        typer.echo("  ".join(printable(word) for word in _words(row) if word))
    say_if_empty(rows, "No such events.", "没有这样的事件。")


def _said(row: dict[str, Any]) -> dict[str, Any]:
    """A row for a reader: moments as timestamps, numbers as numbers."""
    from gateway.store.tables.base import instant_of

    made: dict[str, Any] = {}
    for column, value in row.items():
        name = str(column)
        if name in _INTERNAL:
            continue
        if name in _MOMENTS:
            made[name] = value and instant_of(value).isoformat(timespec="seconds").replace("+00:00", "Z")
        else:
            made[name] = NumberText(value) if isinstance(value, int) else value
    return made


_STATES = {
    "pending": "待处理",
    "delivered": "已送达",
    "dead": "已放弃",
    "fetched": "已取回",
    "new": "新收到",
    "waiting": "等待登记合作方",
    "done": "已处理",
    "quarantined": "已隔离",
}
"""States in Chinese; one that is not here stays as the store has it."""


def _words(row: dict[str, Any]) -> list[str]:
    when = row.get("received") or row.get("created")
    tries = f"{row['attempts']}×" if "attempts" in row else ""
    kind = row["type"].removeprefix("org.wbcsd.") if "type" in row else row["api"]
    about = row.get("event_id") or row["pf_id"]
    state = _STATES.get(row["state"], row["state"]) if language() == "zh" else row["state"]
    words = [row["number"], when, state, kind, about, row["party"], tries]
    return [*map(str, words), row.get("note") or row.get("last_error") or ""]
