"""How much longer a stored footprint takes than a constant answer of the same size.

Both are asked of the same server, behind the same authentication, over the same connections; the load comes from a
second process. Printed are requests a second and their ratio, for one footprint and for a first page.

    python benchmarks/pact_host.py [--tls] [--footprints 10000] [--seconds 4]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import ssl
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.responses import Response

from gateway.data import data_path
from gateway.pact.offer import prepare
from gateway.service.app import make_app
from gateway.service.auth import Authenticated
from gateway.service.edge import LOOPBACK
from gateway.service.logs import set_up_logs
from gateway.service.serve import bind, server_of
from gateway.service.settings import load_settings
from gateway.service.tls import self_signed
from gateway.store.clients import add_client, share
from gateway.store.database import open_store
from gateway.store.footprints import Body, publish
from gateway.store.secret import load_secret
from gateway.trust.envelope import system_clock

CONNECTIONS = 32
ROUNDS = 5
LIMIT = 1.5


def filled(folder: Path, count: int, url: str) -> tuple[Any, Any, str, bytes]:
    """A store with that many footprints of the size of the example, all shared with one client."""
    store = open_store(url or f"sqlite:///{folder / 'bench.db'}")
    offer = prepare(data_path("examples", "aluminium.json").read_bytes()).offer
    content = offer.bodies["3.0"].content
    with store.write() as connection:
        client, _ = add_client(connection, f"bench {uuid.uuid4()}", store.now())
        share(connection, client, "all", "", store.now())
        for number in range(count):
            pf_id = str(uuid.UUID(int=number))
            made = content.replace(offer.pf_id.encode(), pf_id.encode())
            one = type(offer)(**{**vars(offer), "pf_id": pf_id, "bodies": {"3.0": Body(made)}})
            publish(connection, one, store.now())
    return store, client, str(uuid.UUID(int=count // 2)), content


def served(folder: str, count: int, url: str, tls: bool, told: Any) -> None:
    """The server's process: tells the port, a token and the paths, then serves until it is ended."""
    place = Path(folder)
    store, client, pf_id, content = filled(place, count, url)
    proxy = {} if tls else {"behind_proxy": "127.0.0.1"}
    settings = load_settings(port=0, allowed_hosts=LOOPBACK, **proxy)
    made = self_signed(LOOPBACK, system_clock()) if tls else None
    app = make_app(store, settings, load_secret(place / "host.secret"))
    page = b'{"data":[' + b",".join([content] * settings.page_size) + b"]}"
    for path, body in (("/3/constant/one", b'{"data":' + content + b"}"), ("/3/constant/page", page)):
        app.get(path)(_constant(body))
    bound = bind(settings)
    token = app.state.host.tokens.issue(client, f"https://127.0.0.1:{bound.getsockname()[1]}", store.now())
    set_up_logs()
    sys.stderr = (place / "log").open("w")
    said = {
        "port": bound.getsockname()[1],
        "token": token,
        "pem": made.certificate.decode() if made else "",
        "pairs": {
            "one footprint": [f"/3/footprints/{pf_id}", "/3/constant/one"],
            "first page": ["/3/footprints", "/3/constant/page"],
        },
    }
    server_of(app, settings, bound, made, lambda: told.send(said)).run()


def _constant(body: bytes) -> Callable[..., Any]:
    async def constant(_caller: Authenticated) -> Response:
        return Response(body, media_type="application/json")

    return constant


async def rate(said: dict[str, Any], path: str, seconds: float) -> float:
    """Answers a second over 32 connections that are kept open."""
    context = ssl.create_default_context(cadata=said["pem"]) if said["pem"] else None
    authority = f"127.0.0.1:{said['port']}"
    request = (
        f"GET {path} HTTP/1.1\r\nHost: {authority}\r\nAuthorization: Bearer {said['token']}\r\n"
        "X-Forwarded-Proto: https\r\n\r\n"
    ).encode()
    done, size = 0, 0

    async def caller() -> None:
        nonlocal done, size
        reader, writer = await asyncio.open_connection("127.0.0.1", said["port"], ssl=context, limit=1 << 20)
        while time.perf_counter() < end:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise SystemExit(head.decode())
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
            await reader.readexactly(length)
            done, size = done + 1, length
        writer.close()

    begun = time.perf_counter()
    end = begun + seconds
    await asyncio.gather(*(caller() for _ in range(CONNECTIONS)))
    sizes[path] = size
    return done / (time.perf_counter() - begun)


sizes: dict[str, int] = {}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--tls", action="store_true", help="over TLS, as in production")
    options.add_argument("--footprints", type=int, default=10_000)
    options.add_argument("--seconds", type=float, default=2, help="of each round")
    options.add_argument("--database-url", default="", help="default: a new SQLite file")
    chosen = options.parse_args()
    mine, its = multiprocessing.get_context("spawn").Pipe()
    with tempfile.TemporaryDirectory(prefix="cbamgw-bench-") as folder:
        arguments = (folder, chosen.footprints, chosen.database_url, chosen.tls, its)
        process = multiprocessing.get_context("spawn").Process(target=served, args=arguments, daemon=True)
        process.start()
        try:
            said = mine.recv()
            print(
                json.dumps({"connections": CONNECTIONS, "tls": chosen.tls, "footprints": chosen.footprints})
            )
            for name, paths in said["pairs"].items():
                compare(name, paths, said, chosen.seconds)
        finally:
            process.terminate()
            process.join(10)


def compare(name: str, paths: list[str], said: dict[str, Any], seconds: float) -> None:
    """Rounds of the one and of the other in turn, so that what else the machine does falls on both."""
    ratios, rates = [], []
    for path in paths:
        asyncio.run(rate(said, path, 0.5))
    for _ in range(ROUNDS):
        stored, constant = (asyncio.run(rate(said, path, seconds)) for path in paths)
        ratios.append(constant / stored)
        rates.append((stored, constant))
    stored, constant = (statistics.median(column) for column in zip(*rates, strict=True))
    ratio = statistics.median(ratios)
    verdict = "within" if ratio <= LIMIT else "BEYOND"
    print(
        f"{name}: {sizes[paths[0]]} bytes, stored {stored:.0f}/s, constant {constant:.0f}/s, "
        f"ratio {ratio:.2f} ({verdict} {LIMIT})"
    )


if __name__ == "__main__":
    main()
