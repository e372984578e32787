"""``cbamgw events``: what came in, what goes out, what could not be delivered."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.check.catalog import printable
from gateway.cli.calling import AllowLoopback, AllowPrivate, CaFile, policy_of
from gateway.cli.common import EXIT_NOT_CONFORMING, language
from gateway.cli.output import say_if_empty
from gateway.cli.stores import DatabaseUrl, SecretFile, secret_of, store_of
from gateway.formats.json_reader import NumberText, write_json

if TYPE_CHECKING:
    from gateway.store.database import Store

Json = Annotated[bool, typer.Option("--json", help="For programs.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="The newest of them.")]

_MOMENTS = ("received", "created", "due", "gives_up", "delivered")
_INTERNAL = ("leased", "answers")


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


def _retry(
    number: Annotated[
        int | None, typer.Argument(metavar="[NUMBER]", help="A number of 'events dead'.")
    ] = None,
    all_dead: Annotated[bool, typer.Option("--all-dead", help="Every dead letter.")] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Send dead letters again, with the same id and the same bytes, for another 72 hours."""
    from gateway.store.events import list_outbox, retry

    if (number is None) == (not all_dead):
        raise typer.BadParameter("give a NUMBER or --all-dead")
    with store_of(database_url, create=False) as store, store.write() as connection:
        found = [row["number"] for row in list_outbox(connection, "dead")] if all_dead else [number or 0]
        letters = [retry(connection, each, store.now()) for each in sorted(found)]
    typer.echo(f"{'将重新投递' if language() == 'zh' else 'To be sent again:'} {len(letters)}")


def _deliver(
    ca_file: CaFile = None,
    allow_loopback: AllowLoopback = False,
    allow_private: AllowPrivate = False,
    secret_file: SecretFile = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Try everything that is due, once: for cron, where the host that serves does not call out itself.

    Exit code 0: nothing is left, 1: something is still to be delivered, or was given up just now.
    """
    from gateway.pact.delivery import Delivery, Patience, fetcher_of, sender_of

    policy = policy_of(loopback=allow_loopback, private=allow_private)
    patience = Patience()
    with store_of(database_url, create=False) as store:
        sender = sender_of(secret_of(secret_file), lambda: fetcher_of(policy, ca_file, patience))
        _, before = _left(store)
        asyncio.run(_once(Delivery(store, sender, patience)))
        pending, dead = _left(store)
    typer.echo(
        f"仍待投递 {pending}，已停止投递 {dead}" if language() == "zh" else f"pending {pending}, dead {dead}"
    )
    if pending or dead > before:
        raise typer.Exit(EXIT_NOT_CONFORMING)


async def _once(delivery: Any) -> None:
    await delivery.step()
    await delivery.finish()
    await delivery.close()


def _left(store: Store) -> tuple[int, int]:
    from gateway.store.events import count_outbox

    with store.read() as connection:
        counts = count_outbox(connection)
    return counts.get("pending", 0), counts.get("dead", 0)


def _show(box: str, state: str, limit: int, as_json: bool, database_url: str | None) -> None:
    from gateway.store.events import list_inbox, list_outbox

    with store_of(database_url, create=False) as store, store.read() as connection:
        found = (list_inbox if box == "inbox" else list_outbox)(connection, state, limit)
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
    "pending": "待投递",
    "delivered": "已送达",
    "dead": "已停止投递",
    "new": "待处理",
    "quarantined": "已隔离",
}
"""States in Chinese; one that is not here stays as the store has it."""


def _words(row: dict[str, Any]) -> list[str]:
    when = row.get("received") or row.get("created")
    tries = f"{row['attempts']}×" if "attempts" in row else ""
    kind = row["type"].removeprefix("org.wbcsd.")
    state = _STATES.get(row["state"], row["state"]) if language() == "zh" else row["state"]
    words = [row["number"], when, state, kind, row["event_id"], row["party"], tries]
    return [*map(str, words), row.get("note") or row.get("last_error") or ""]
