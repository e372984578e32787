"""A supplier on this machine that announces footprint 1 and shows it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from gateway.store.clients import add_client
from gateway.store.database import Store
from gateway.store.events import Incoming, accept
from gateway.store.partners import NewPartner, add_partner
from gateway.store.secret import HostSecret
from tests.client.hosts import footprint, pf_id
from tests.events.desks import event, in_bytes


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that was killed is no error here."""


class Supplier:
    """Shows footprint 1; ``asked_for_signature`` is called before it answers for one."""

    def __init__(self) -> None:
        outer = self
        self.asked_for_signature: Callable[[], Any] = lambda: None
        self.shown = 0

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                """Nothing."""

            def do_GET(self) -> None:
                if self.path.endswith("/signature"):
                    outer.asked_for_signature()
                    return self.say(404, b"")
                if self.path == f"/3/footprints/{pf_id(1)}":
                    outer.shown += 1
                    return self.say(200, b'{"data":' + footprint(1) + b"}")
                return self.say(404, b"")

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                self.say(200, b'{"access_token":"t","token_type":"bearer","expires_in":60}')

            def say(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = _Quiet(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def announced_by(store: Store, secret: HostSecret, supplier: Supplier) -> None:
    """Its event has come in, and is not handled yet."""
    made = event("published", {"pfIds": [pf_id(1)]}, source=supplier.url)
    with store.write() as connection:
        client, _ = add_client(connection, "Supplier", store.now())
        new = NewPartner("Supplier", supplier.url, supplier.url, "us", "secret", "Supplier")
        add_partner(connection, secret, new, store.now())
        accept(
            connection,
            Incoming(client.number, "e1", made["source"], made["type"], in_bytes(made)),
            store.now(),
        )
